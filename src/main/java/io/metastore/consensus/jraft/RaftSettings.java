package io.metastore.consensus.jraft;

import java.nio.file.Path;
import java.util.List;

/// What the raft node of a member needs to know.
///
/// @param group             name of the raft group, one per cluster
/// @param memberId          this member's id
/// @param voters            ids of the members that a new cluster begins with, this one included
/// @param folder            where log, votes and snapshots lie
/// @param electionMs        election timeout
/// @param heartbeatMs       heartbeat interval, a divisor of the election timeout or near one
/// @param snapshotLogBytes  take a snapshot after so many bytes of log
/// @param snapshotCommands  and after so many commands; 0 for never by count
/// @param followerLogBytes  how much log a snapshot waits for while a follower that answers is behind the last one
public record RaftSettings(
        String group,
        long memberId,
        List<Long> voters,
        Path folder,
        int electionMs,
        int heartbeatMs,
        long snapshotLogBytes,
        long snapshotCommands,
        long followerLogBytes) {
    /// Whether nobody else has a copy of the log that this member's state follows.
    boolean soleVoter() {
        return voters.size() == 1;
    }

    /// The member's data directory, as a command line names it: `folder` is DATA-DIR/member/raft.
    String dataDir() {
        Path member = folder.getParent();
        Path data = member == null ? null : member.getParent();
        String text = data == null ? "." : data.toString();
        return text.matches("[\\w./+-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
