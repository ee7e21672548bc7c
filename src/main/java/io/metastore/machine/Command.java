package io.metastore.machine;

import io.metastore.auth.AuthChange;
import io.metastore.auth.Principal;
import io.metastore.cluster.Alarm;
import io.metastore.cluster.Incarnation;
import io.metastore.cluster.Member;
import io.metastore.cluster.MemberChange;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.util.List;

/// Every change of the replicated state there is. A command carries all that its effect depends on: whatever
/// a member draws for itself (ids, limits, time) is drawn before proposing.
///
/// @param <R> what its success yields
public sealed interface Command<R extends Result> {
    /// @param lease       0 for none
    /// @param previous    whether the answer holds the pair that was there before
    /// @param ignoreValue keep the value that is there; the key must exist (KVP-04)
    /// @param ignoreLease likewise the lease
    record Put(Bytes key, Bytes value, long lease, boolean previous, boolean ignoreValue, boolean ignoreLease)
            implements Command<Result.Put> {
        public boolean needsPresentKey() {
            return ignoreValue || ignoreLease;
        }
    }

    record DeleteRange(KeyRange range, boolean previous) implements Command<Result.Delete> {}

    record Txn(List<Compare> compares, List<Operation> success, List<Operation> failure)
            implements Command<Result.Txn> {}

    record Compact(long revision) implements Command<Result.Compact> {}

    /// @param ttlSeconds already raised to the least that the proposer allows (LEA-03)
    record LeaseGrant(long id, long ttlSeconds) implements Command<Result.Grant> {}

    /// @param grantIndex revoke only the lease granted by this raft index, 0 for whichever there is: an expiry
    ///                   that was overtaken by a new grant of the same id must not end that one
    record LeaseRevoke(long id, long grantIndex) implements Command<Result.Revoke> {}

    record AlarmChange(boolean raise, Alarm alarm) implements Command<Result.AlarmChange> {}

    /// The members that a new cluster begins with. Does nothing once there are members.
    record ClusterStart(List<Member> members) implements Command<Result.MemberPublish> {}

    /// A member makes itself known: its name and where clients reach it. Does nothing when it is no member, or no more.
    record MemberPublish(long id, String name, List<String> clientUrls, Incarnation incarnation, int featureLevel)
            implements Command<Result.MemberPublish> {}

    record ChangeMembers(MemberChange change) implements Command<Result.ChangeMembers> {}

    record ChangeAuth(AuthChange change) implements Command<Result.ChangeAuth> {}

    /// What a caller asks for by name: whether it is allowed is decided where it is applied. Commands of nobody stand
    /// alone, so that a store without users pays nothing for this.
    ///
    /// @param who     somebody
    /// @param command another kind of command than this
    record As<R extends Result>(Principal who, Command<R> command) implements Command<R> {
        public As {
            if (who.isNobody() || command instanceof As<R>) {
                throw new IllegalArgumentException(who + " asks for " + command);
            }
        }
    }

    /// The command without who asks for it.
    default Command<R> plain() {
        return this instanceof As<R> as ? as.command() : this;
    }
}
