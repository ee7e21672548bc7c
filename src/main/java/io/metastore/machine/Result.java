package io.metastore.machine;

import io.metastore.cluster.Alarm;
import io.metastore.cluster.Member;
import io.metastore.mvcc.RangeResult;
import io.metastore.value.KeyValue;
import java.util.List;

/// What a command that succeeded yields.
public sealed interface Result {
    /// The store's revision to report with it.
    long revision();

    /// @param previous the pair before, null when there was none or it was not asked for
    record Put(KeyValue previous, long revision) implements Result {}

    /// @param previous the deleted pairs in order of keys, empty when not asked for
    record Delete(long deleted, List<KeyValue> previous, long revision) implements Result {}

    record Range(RangeResult range) implements Result {
        @Override
        public long revision() {
            return range.revision();
        }
    }

    /// @param responses one per operation of the branch that ran, in order (TXN-23)
    record Txn(boolean succeeded, List<Result> responses, long revision) implements Result {}

    record Compact(long revision) implements Result {}

    record Grant(long id, long ttlSeconds, long revision) implements Result {}

    record Revoke(long revision) implements Result {}

    /// @param changed the alarm, or none when there was nothing to end
    record AlarmChange(List<Alarm> changed, long revision) implements Result {}

    record MemberPublish(long revision) implements Result {}

    /// @param members all there are after the change, in ascending order of their ids
    record ChangeMembers(List<Member> members, long revision) implements Result {}

    /// @param index raft index of the entry that made the change
    record ChangeAuth(long index, long revision) implements Result {}
}
