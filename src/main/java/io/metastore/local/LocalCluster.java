package io.metastore.local;

import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import io.metastore.local.LocalFailure.Reason;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Runs the members of a cluster on this machine as children of this process, until it is asked to end.
public final class LocalCluster {
    /// How long the members may take to agree on a leader.
    public static final Duration START_LIMIT = Duration.ofMinutes(2);
    /// How long a member may take to end in order.
    public static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private static final Duration ASK_EVERY = Duration.ofMillis(100);
    private static final Duration NEXT_LEADER = Duration.ofSeconds(20);
    private static final Duration FORMER_END = Duration.ofSeconds(30);

    private final Layout layout;
    private final Function<LocalMember, List<String>> commands;
    private final PrintStream out;
    private final BlockingQueue<Happening> happenings;
    private final List<MemberProcess> processes = new ArrayList<>();

    /// @param commands the whole command line of each member
    public LocalCluster(Layout layout, Function<LocalMember, List<String>> commands, PrintStream out) {
        this(layout, commands, out, new LinkedBlockingQueue<>());
    }

    LocalCluster(
            Layout layout,
            Function<LocalMember, List<String>> commands,
            PrintStream out,
            BlockingQueue<Happening> happenings) {
        this.layout = layout;
        this.commands = commands;
        this.out = out;
        this.happenings = happenings;
    }

    /// Starts the members, says where they are, and waits for what happens.
    ///
    /// @param folder held by the caller
    /// @param whole  whether data is there already, whose peer ports cannot change
    /// @return the exit status: 128 and the number of the signal that ended all
    /// @throws LocalFailure when they do not start, or none is left. None runs any more then
    public int run(ClusterFolder folder, boolean whole) throws InterruptedException {
        StopSignals.into(happenings);
        try {
            Optional<Happening.Signalled> before = awaitFormer(folder);
            if (before.isPresent()) {
                return before.get().exitStatus();
            }
            Ports.check(layout, whole);
            folder.remember(layout);
            long begun = System.nanoTime();
            start();
            Optional<Happening.Signalled> early = awaitLeader();
            if (early.isPresent()) {
                return stop(early.get());
            }
            introduce(System.nanoTime() - begun);
            return watch();
        } finally {
            processes.forEach(MemberProcess::kill);
            processes.forEach(MemberProcess::close);
        }
    }

    /// Members of a starter that was killed end by themselves, a moment later.
    ///
    /// @return the signal that came meanwhile
    private Optional<Happening.Signalled> awaitFormer(ClusterFolder folder) throws InterruptedException {
        long deadline = System.nanoTime() + FORMER_END.toNanos();
        boolean said = false;
        for (LocalMember member : layout.members()) {
            while (folder.isHeld(member)) {
                if (!said) {
                    said = true;
                    say("waiting for " + member.name() + " of the last run, which is about to end");
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new LocalFailure(
                            Reason.IN_USE,
                            holder(member) + " runs on " + member.data() + ": end it, or type another --data-dir");
                }
                if (happenings.poll(ASK_EVERY.toMillis(), TimeUnit.MILLISECONDS)
                        instanceof Happening.Signalled signal) {
                    return Optional.of(signal);
                }
            }
        }
        return Optional.empty();
    }

    /// Who was started on the data of a member, as far as the system shows command lines.
    static String holder(LocalMember member) {
        String flag = "--data-dir=" + member.data();
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .arguments()
                        .map(List::of)
                        .orElse(List.of())
                        .contains(flag))
                .findFirst()
                .map(process -> "process " + process.pid())
                .orElse("another process");
    }

    private void start() {
        say("starting " + members(layout.count()) + " on " + layout.folder());
        for (LocalMember member : layout.members()) {
            try {
                processes.add(MemberProcess.start(
                        member, commands.apply(member), ended -> happenings.add(new Happening.Ended(ended))));
            } catch (IOException failure) {
                throw new LocalFailure(
                        Reason.MEMBER, member.name() + " cannot be started: " + failure.getMessage(), failure);
            }
        }
    }

    /// @return the signal that came meanwhile
    private Optional<Happening.Signalled> awaitLeader() throws InterruptedException {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (leader().isEmpty()) {
            switch (happenings.poll(ASK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                case Happening.Signalled signal -> {
                    return Optional.of(signal);
                }
                case Happening.Ended(MemberProcess member) ->
                    throw LocalFailure.ended(
                            died(member, "ended at its start") + "The others were killed. Nothing acknowledged is lost",
                            member.exitStatus());
                case null -> {
                    if (System.nanoTime() - deadline > 0) {
                        throw new LocalFailure(Reason.MEMBER, noLeader());
                    }
                }
            }
        }
        return Optional.empty();
    }

    private String noLeader() {
        return "no leader within " + START_LIMIT.toSeconds() + " s. What the members said last:\n"
                + processes.stream()
                        .map(process -> "  " + process.member().name() + ", in "
                                + process.member().log() + ":\n" + process.lastLines())
                        .collect(Collectors.joining())
                + "All were killed. Nothing acknowledged is lost";
    }

    /// The member that all who are alive call their leader.
    private Optional<MemberProcess> leader() {
        Optional<MemberProcess> found = Optional.empty();
        long named = 0;
        for (MemberProcess process : alive()) {
            StatusResponse status = process.status().orElse(StatusResponse.getDefaultInstance());
            long leader = status.getLeader();
            if (leader == 0 || (named != 0 && named != leader)) {
                return Optional.empty();
            }
            named = leader;
            if (leader == status.getHeader().getMemberId()) {
                found = Optional.of(process);
            }
        }
        return found;
    }

    private List<MemberProcess> alive() {
        return processes.stream().filter(MemberProcess::isAlive).toList();
    }

    private void introduce(long nanos) {
        say("ready after %.1f s".formatted(nanos / 1e9));
        say("");
        String row = "  %-7s %-8s %-16s %-16s %s";
        say(row.formatted("member", "process", "clients", "members", "log"));
        for (MemberProcess process : processes) {
            LocalMember member = process.member();
            say(row.formatted(member.name(), process.pid(), member.clients(), member.peers(), member.log()));
        }
        say("");
        sayLeader();
        say("");
        say("  etcdctl --endpoints=" + layout.endpoints() + " endpoint status -w table");
        say("");
        say("Ctrl-C ends them in order; the same command starts them again on this data.");
    }

    private void sayLeader() {
        leader().ifPresent(leader -> say(leader.member().name() + " leads"));
    }

    private int watch() throws InterruptedException {
        while (true) {
            switch (happenings.take()) {
                case Happening.Signalled signal -> {
                    return stop(signal);
                }
                case Happening.Ended(MemberProcess member) -> {
                    say("");
                    out.print(died(member, "ended"));
                    if (alive().isEmpty()) {
                        throw LocalFailure.ended("no member is left", member.exitStatus());
                    }
                    sayWhatIsLeft();
                }
            }
        }
    }

    private String died(MemberProcess process, String how) {
        LocalMember member = process.member();
        return member.name() + " (process " + process.pid() + ") " + how + " with " + process.end()
                + ". Its last lines, of " + member.log() + ":\n" + process.lastLines();
    }

    private void sayWhatIsLeft() throws InterruptedException {
        List<MemberProcess> left = alive();
        String names = left.stream().map(process -> process.member().name()).collect(Collectors.joining(", "));
        if (left.size() <= layout.count() / 2) {
            say(names + " cannot go on alone: " + (layout.count() / 2 + 1) + " of " + layout.count()
                    + " must live. Ctrl-C and the same command bring all back.");
            return;
        }
        say(names + " " + (left.size() == 1 ? "goes" : "go") + " on. Ctrl-C and the same command bring all back.");
        long deadline = System.nanoTime() + NEXT_LEADER.toNanos();
        // What happens meanwhile stays in the queue for the one who reads it next.
        while (happenings.isEmpty() && System.nanoTime() - deadline < 0) {
            if (leader().isPresent()) {
                sayLeader();
                return;
            }
            TimeUnit.NANOSECONDS.sleep(ASK_EVERY.toNanos());
        }
    }

    /// Ends those who follow, one by one, and then the leader: so nobody has to be elected meanwhile.
    private int stop(Happening.Signalled signal) throws InterruptedException {
        List<MemberProcess> order = new ArrayList<>(alive());
        Optional<MemberProcess> leader = leader();
        leader.ifPresent(order::remove);
        leader.ifPresent(order::add);
        say("");
        say(signal.name() + ": ending "
                + order.stream().map(process -> process.member().name()).collect(Collectors.joining(", "))
                + " one by one. Each has " + STOP_LIMIT.toSeconds()
                + " s and is killed then; the same signal again kills all at once");
        boolean orderly = true;
        for (MemberProcess process : order) {
            orderly &= stop(process, orderly);
        }
        say(
                orderly
                        ? "all members have ended in order"
                        : "all members have ended, not all of them in order:" + " nothing acknowledged is lost");
        return signal.exitStatus();
    }

    /// @param patient whether it may take its time
    /// @return whether it ended in order
    private boolean stop(MemberProcess process, boolean patient) throws InterruptedException {
        String name = process.member().name();
        long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
        if (patient) {
            process.terminate();
        }
        boolean wait = patient;
        while (wait && process.isAlive()) {
            long left = deadline - System.nanoTime();
            wait = left > 0
                    && !(happenings.poll(Math.min(left, ASK_EVERY.toNanos()), TimeUnit.NANOSECONDS)
                            instanceof Happening.Signalled);
        }
        boolean orderly = !process.isAlive();
        process.kill();
        process.awaitEnd();
        say("  " + name + (orderly ? " has ended with " : " was killed: ") + process.end());
        return orderly;
    }

    private static String members(int count) {
        return count == 1 ? "1 member" : count + " members";
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }
}
