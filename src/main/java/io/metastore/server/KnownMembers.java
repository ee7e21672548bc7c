package io.metastore.server;

import io.metastore.cluster.Incarnation;
import io.metastore.cluster.Member;
import io.metastore.consensus.jraft.CheckedText;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Who belonged to the cluster when this member last looked: the file `known-members`, one line each and a checksum.
/// A member that starts finds the others by it before it knows what is agreed: the state in memory is empty then, and a
/// member that joins has none yet. What is agreed comes first as soon as there is anything.
///
/// ```
/// 903b61f99025dc3f voter 1 5e1f0c2a77d4b390 http://10.0.0.1:2380 http://[fd00::1]:2380
/// ```
final class KnownMembers {
    private static final String NAME = "known-members";

    private final Path file;
    private List<Member> written;

    private KnownMembers(Path file, List<Member> written) {
        this.file = file;
        this.written = written;
    }

    /// @throws EngineFailure naming the file when it is damaged or cannot be read
    static KnownMembers in(DataDirectory directory) {
        Path file = directory.file(NAME);
        try {
            return new KnownMembers(file, Files.exists(file) ? members(file, CheckedText.read(file)) : List.of());
        } catch (IOException failure) {
            throw EngineFailure.ofReading("the file that says who belongs to the cluster", failure);
        }
    }

    /// Begins anew.
    static KnownMembers none(DataDirectory directory) {
        return new KnownMembers(directory.file(NAME), List.of());
    }

    /// Those of the last time, without their names and where clients reach them.
    synchronized List<Member> all() {
        return written;
    }

    /// Writes the file when it would say something else.
    ///
    /// @throws EngineFailure when it cannot be written
    synchronized void remember(List<Member> now) {
        if (now.isEmpty() || text(now).equals(text(written))) {
            return;
        }
        try {
            CheckedText.write(file, text(now));
        } catch (IOException failure) {
            throw EngineFailure.ofReading("the file that says who belongs to the cluster", failure);
        }
        written = List.copyOf(now);
    }

    private static String text(List<Member> members) {
        StringBuilder text = new StringBuilder();
        for (Member member : members) {
            text.append(Long.toHexString(member.id()))
                    .append(member.learner() ? " learner " : " voter ")
                    .append(member.incarnation().number())
                    .append(' ')
                    .append(Long.toHexString(member.incarnation().directory()));
            member.peerUrls()
                    .forEach(url -> Urls.dialed(url)
                            .ifPresent(dialed -> text.append(' ').append(dialed)));
            text.append('\n');
        }
        return text.toString();
    }

    private static List<Member> members(Path file, String text) {
        List<Member> members = new ArrayList<>();
        for (String line : text.lines().toList()) {
            String[] words = line.split(" ");
            try {
                members.add(new Member(
                        Long.parseUnsignedLong(words[0], 16),
                        "",
                        List.of(words).subList(4, words.length),
                        List.of(),
                        words[1].equals("learner"),
                        new Incarnation(Integer.parseInt(words[2]), Long.parseUnsignedLong(words[3], 16)),
                        0));
            } catch (NumberFormatException | IndexOutOfBoundsException wrong) {
                throw new EngineFailure(
                        EngineFailure.Kind.DAMAGED, file + " is damaged: \"" + line + "\" names no member", wrong);
            }
        }
        return List.copyOf(members);
    }
}
