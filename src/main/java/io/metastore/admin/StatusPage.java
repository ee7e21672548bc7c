package io.metastore.admin;

import io.metastore.admin.ClusterView.One;
import io.metastore.api.etcd.etcdserverpb.AlarmMember;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// `metastore cluster status`: a line for each member and one that says how the cluster is.
///
/// ```
/// NAME  ID                STATE     APPLIED  BEHIND  REVISION  SIZE     VERSION  ADDRESS
/// m1    8211f1d0f64f3269  leader    1204     0       1187      98 KiB   3.7.3    http://10.0.0.1:2379
/// m2    91bc3c398fb3c146  follower  1204     0       1187      98 KiB   3.7.3    http://10.0.0.2:2379
/// m3    fd422379fda50e48  no answer                                              http://10.0.0.3:2379
/// m3 (fd422379fda50e48) does not answer: Connection refused
/// 2 of 3 voters answer, 2 are needed: the loss of one more stops writes and linearizable reads
/// ```
public final class StatusPage {
    private static final List<String> HEADS =
            List.of("NAME", "ID", "STATE", "APPLIED", "BEHIND", "REVISION", "SIZE", "VERSION", "ADDRESS");

    private StatusPage() {}

    /// Prints it.
    ///
    /// @return whether all is well
    /// @throws ClusterCalls.Failed when nobody answers at all
    public static boolean print(ClusterCalls calls, PrintStream out) {
        ClusterView view = ClusterView.of(calls);
        table(view).forEach(out::println);
        for (One one : view.members()) {
            if (!one.answers()) {
                out.println(one.name() + " (" + Long.toHexString(one.member().getID()) + ") does not answer: "
                        + one.answer().why());
            }
        }
        for (AlarmMember alarm : view.alarms()) {
            out.println("alarm " + alarm.getAlarm() + " of "
                    + view.named(Long.toHexString(alarm.getMemberID()))
                            .map(One::name)
                            .orElse(Long.toHexString(alarm.getMemberID()))
                    + ": 'etcdctl alarm disarm' ends it once its cause is gone");
        }
        out.println(verdict(view));
        return view.isHealthy();
    }

    private static String verdict(ClusterView view) {
        long answer = view.votersThatAnswer();
        long spare = answer - view.majority();
        String counted = answer + " of " + view.voters().size() + (view.voters().size() == 1 ? " voter" : " voters")
                + (answer == 1 ? " answers, " : " answer, ") + view.majority()
                + (view.majority() == 1 ? " is needed: " : " are needed: ");
        if (!view.agreed() || spare < 0) {
            return counted + "there is no majority, so nothing can be written";
        }
        if (view.leader().isEmpty()) {
            return counted + "nobody leads at the moment";
        }
        return counted
                + (spare == 0
                        ? "the loss of one more stops writes and linearizable reads"
                        : "the loss of " + spare + " more does no harm");
    }

    private static List<String> table(ClusterView view) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(HEADS);
        view.members().forEach(one -> rows.add(row(one, view.furthest())));
        int[] widths = new int[HEADS.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return rows.stream().map(row -> line(row, widths)).toList();
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            line.append(row.get(i)).repeat(" ", widths[i] - row.get(i).length() + 2);
        }
        return line.toString().stripTrailing();
    }

    private static List<String> row(One one, long furthest) {
        Optional<StatusResponse> status = one.answer().answer();
        List<String> row = new ArrayList<>(List.of(
                one.hasStarted() ? one.member().getName() : "-",
                Long.toHexString(one.member().getID()),
                state(one)));
        row.addAll(status.map(said -> List.of(
                        Long.toString(said.getRaftAppliedIndex()),
                        Long.toString(furthest - said.getRaftAppliedIndex()),
                        Long.toString(said.getHeader().getRevision()),
                        size(said.getDbSize()),
                        said.getVersion()))
                .orElse(List.of("", "", "", "", "")));
        row.add(one.answer().where());
        return row;
    }

    private static String state(One one) {
        if (!one.hasStarted()) {
            return "not started";
        }
        if (!one.answers()) {
            return one.votes() ? "no answer" : "learner, no answer";
        }
        return one.leads() ? "leader" : one.votes() ? "follower" : "learner";
    }

    private static String size(long bytes) {
        return bytes < 10L << 20 ? (bytes >> 10) + " KiB" : (bytes >> 20) + " MiB";
    }

    /// Their names, for a sentence.
    static String names(List<One> members) {
        return members.stream().map(One::name).collect(Collectors.joining(", "));
    }
}
