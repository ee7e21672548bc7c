package io.metastore.admin;

import io.metastore.api.etcd.etcdserverpb.AlarmMember;
import io.metastore.api.etcd.etcdserverpb.Member;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// A cluster as it looks from here at one moment.
///
/// @param agreed whether a majority stands behind the list of members
/// @param alarms those that are raised, empty when nobody could say
record ClusterView(List<One> members, boolean agreed, List<AlarmMember> alarms) {
    /// A member, and what it answers.
    record One(Member member, ClusterCalls.Answer answer) {
        boolean answers() {
            return answer.answer().isPresent();
        }

        boolean votes() {
            return !member.getIsLearner();
        }

        boolean leads() {
            return answer.answer()
                    .filter(status -> status.getLeader() == member.getID())
                    .isPresent();
        }

        boolean hasStarted() {
            return !member.getName().isEmpty();
        }

        /// Its name, or for one that has not started its id.
        String name() {
            return hasStarted() ? member.getName() : Long.toHexString(member.getID());
        }

        long applied() {
            return answer.answer().map(StatusResponse::getRaftAppliedIndex).orElse(0L);
        }
    }

    /// Asks the cluster who belongs to it, and each of those how it is.
    ///
    /// @throws ClusterCalls.Failed when nobody answers at all
    static ClusterView of(ClusterCalls calls) {
        List<Member> members;
        boolean agreed = true;
        try {
            members = calls.members(true);
        } catch (ClusterCalls.Failed nobody) {
            agreed = false;
            members = calls.members(false);
        }
        List<One> all = new ArrayList<>();
        members.forEach(member -> all.add(new One(member, calls.status(member))));
        all.sort(Comparator.comparing(One::name));
        List<AlarmMember> alarms;
        try {
            alarms = agreed ? calls.alarms() : List.of();
        } catch (ClusterCalls.Failed silent) {
            alarms = List.of();
        }
        return new ClusterView(List.copyOf(all), agreed, alarms);
    }

    List<One> voters() {
        return members.stream().filter(One::votes).toList();
    }

    long votersThatAnswer() {
        return voters().stream().filter(One::answers).count();
    }

    int majority() {
        return voters().size() / 2 + 1;
    }

    Optional<One> leader() {
        return members.stream().filter(One::leads).findFirst();
    }

    /// The furthest that any member has applied the log.
    long furthest() {
        return members.stream().mapToLong(One::applied).max().orElse(0);
    }

    Optional<One> named(String nameOrId) {
        return members.stream()
                .filter(one -> one.member().getName().equals(nameOrId)
                        || Long.toHexString(one.member().getID()).equals(nameOrId))
                .findFirst();
    }

    /// Whether everybody answers, follows one leader, and nothing is wrong that anybody says.
    boolean isHealthy() {
        return agreed
                && alarms.isEmpty()
                && leader().isPresent()
                && members.stream().allMatch(One::answers)
                && members.stream()
                        .allMatch(one -> one.answer()
                                .answer()
                                .orElseThrow()
                                .getErrorsList()
                                .isEmpty());
    }
}
