package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.MemberAddResponse;
import io.metastore.api.etcd.etcdserverpb.MemberListResponse;
import io.metastore.api.etcd.etcdserverpb.MemberRemoveResponse;
import io.metastore.api.etcd.etcdserverpb.MemberUpdateResponse;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/// Three healthy members that are told of others, none of which ever starts: what the calls answer and what they
/// refuse.
@BlackBox
class MembershipIT {
    private static final int ATTEMPTS = 20;

    private static Cluster cluster;
    private static List<Long> founders;

    /// Waits until each has been connected to the others for as long as it wants before it adds somebody.
    @BeforeAll
    static void start() {
        cluster = Cluster.start(3);
        founders = calls(0).ids();
        assertEquals(3, founders.size());
        for (int i = 0; i < 3; i++) {
            MembershipCalls calls = calls(i);
            Eventually.holds("member " + i + " adds somebody", () -> isAdded(calls));
            forgetOthers();
        }
    }

    private static boolean isAdded(MembershipCalls calls) {
        try {
            calls.addLearner(url());
            return true;
        } catch (StatusRuntimeException refusal) {
            assertTrue(Refusal.UNHEALTHY.is(refusal.getStatus()), refusal::toString);
            return false;
        }
    }

    @AfterAll
    static void end() {
        cluster.close();
    }

    /// Leaves the founders only. Whoever was added last goes first, so that enough of the rest have started.
    @AfterEach
    void restore() {
        forgetOthers();
    }

    private static void forgetOthers() {
        for (long id : calls(0).ids()) {
            if (!founders.contains(id)) {
                calls(0).remove(id);
            }
        }
        for (int i = 0; i < 3; i++) {
            assertEquals(founders, calls(i).ids());
        }
    }

    private static MembershipCalls calls(int member) {
        return MembershipCalls.through(cluster.member(member));
    }

    private static MembershipCalls leader() {
        return MembershipCalls.through(cluster.leader());
    }

    private static MembershipCalls follower() {
        return MembershipCalls.through(cluster.follower());
    }

    private static long id(Member member) {
        return Cluster.status(member).getHeader().getMemberId();
    }

    /// A URL that nobody listens at.
    private static String url() {
        return "http://127.0.0.1:" + LoopbackPorts.next();
    }

    private static void answeredBy(Member member, ResponseHeader header) {
        assertEquals(id(member), header.getMemberId());
        assertEquals(Cluster.status(member).getHeader().getClusterId(), header.getClusterId());
        assertTrue(header.getRaftTerm() > 0, header::toString);
        assertEquals(0, header.getRevision());
    }

    @Test
    @Statement({"CLU-02", "CLU-09", "GEN-12"})
    void answersWithTheMembersAfterTheChange() {
        List<String> urls = Stream.of(url(), url()).sorted().toList();
        MemberAddResponse added = calls(1).addLearner(urls.get(0), urls.get(1));
        long id = added.getMember().getID();
        answeredBy(cluster.member(1), added.getHeader());
        assertEquals(
                io.metastore.api.etcd.etcdserverpb.Member.newBuilder()
                        .setID(id)
                        .addAllPeerURLs(urls)
                        .setIsLearner(true)
                        .build(),
                added.getMember());
        assertTrue(added.getMembersList().contains(added.getMember()), added::toString);
        isSorted(4, added.getMembersList());

        String next = url();
        MemberUpdateResponse updated = calls(2).update(id, next);
        answeredBy(cluster.member(2), updated.getHeader());
        isSorted(4, updated.getMembersList());
        for (int i = 0; i < 3; i++) {
            assertEquals(updated.getMembersList(), calls(i).list().getMembersList());
            assertEquals(List.of(next), calls(i).entry(id).getPeerURLsList());
            assertTrue(calls(i).entry(id).getIsLearner());
        }

        MemberRemoveResponse removed = calls(0).remove(id);
        answeredBy(cluster.member(0), removed.getHeader());
        isSorted(3, removed.getMembersList());
        assertEquals(founders, MembershipCalls.ids(removed.getMembersList()));
    }

    @Test
    @Statement({"CLU-02", "CLU-09"})
    void namesNobodyWhoHasNotStarted() {
        MemberAddResponse added = calls(0).addVoter(url());
        assertFalse(added.getMember().getIsLearner());
        for (int i = 0; i < 3; i++) {
            MemberListResponse list = calls(i).list();
            isSorted(4, list.getMembersList());
            for (var member : list.getMembersList()) {
                boolean founder = founders.contains(member.getID());
                assertEquals(founder, member.getName().matches("m[123]"), member::toString);
                assertEquals(founder ? 1 : 0, member.getClientURLsCount(), member::toString);
                assertEquals(1, member.getPeerURLsCount(), member::toString);
                assertFalse(member.getIsLearner());
            }
        }
    }

    private static void isSorted(int size, List<io.metastore.api.etcd.etcdserverpb.Member> members) {
        List<Long> ids = MembershipCalls.ids(members);
        assertEquals(size, new HashSet<>(ids).size(), ids::toString);
        assertEquals(ids.stream().sorted(Long::compareUnsigned).toList(), ids);
    }

    @Test
    @Statement("CLU-03")
    void derivesTheIdFromUrlsAndTime() {
        List<String> urls = Stream.of(url(), url()).sorted().toList();
        long before = Instant.now().getEpochSecond();
        long id = calls(0).addLearner(urls.get(1), urls.get(0)).getMember().getID();
        long after = Instant.now().getEpochSecond();
        List<Long> possible = LongStream.rangeClosed(before, after)
                .mapToObj(second -> derived(String.join("", urls), second))
                .toList();
        assertTrue(possible.contains(id), () -> Long.toHexString(id) + " is none of " + possible);
    }

    /// The founders' cluster token stands nowhere in it.
    private static long derived(String urls, long second) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest((urls + second).getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-1", e);
        }
    }

    @Test
    @Statement("CLU-04")
    void refusesUrlsThatNobodyCanCall() {
        String good = url();
        List<List<String>> bad = List.of(
                List.of(),
                List.of(""),
                List.of("127.0.0.1:2380"),
                List.of("ftp://127.0.0.1:2380"),
                List.of("http://127.0.0.1"),
                List.of("http://127.0.0.1:2380/"),
                List.of("http://127.0.0.1:2380/path"),
                List.of("http://"),
                List.of(good, "http://127.0.0.1"));
        for (List<String> urls : bad) {
            String[] given = urls.toArray(String[]::new);
            for (int i = 0; i < 3; i++) {
                MembershipCalls calls = calls(i);
                Refusal.MEMBER_URLS_INVALID.of(() -> calls.addVoter(given));
                Refusal.MEMBER_URLS_INVALID.of(() -> calls.addLearner(given));
            }
        }
        assertEquals(founders, calls(0).ids());
    }

    @Test
    @Statement("CLU-04")
    void takesEverySchemeThatPeersSpeak() {
        for (String url : List.of("http://localhost:1", "https://127.0.0.1:65535", "unix://a:1", "unixs://a:1")) {
            MemberAddResponse added = calls(0).addLearner(url);
            assertEquals(List.of(url), added.getMember().getPeerURLsList());
            calls(1).remove(added.getMember().getID());
        }
    }

    @Test
    @Statement("CLU-06")
    void refusesAUrlThatAnotherHas() {
        String taken = cluster.member(2).peerUrl();
        String free = url();
        long added = calls(0).addLearner(free).getMember().getID();
        for (int i = 0; i < 3; i++) {
            MembershipCalls calls = calls(i);
            Refusal.PEER_URL_EXISTS.of(() -> calls.addVoter(taken));
            Refusal.PEER_URL_EXISTS.of(() -> calls.addVoter(url(), taken));
            Refusal.PEER_URL_EXISTS.of(() -> calls.addVoter(url(), free));
            // One learner is all that there may be, and yet this is what it says.
            Refusal.PEER_URL_EXISTS.of(() -> calls.addLearner(taken));
            Refusal.PEER_URL_EXISTS.of(() -> calls.update(added, taken));
            Refusal.PEER_URL_EXISTS.of(() -> calls.update(added, url(), taken));
            Refusal.PEER_URL_EXISTS.of(() -> calls.update(id(cluster.member(2)), free));
        }
        assertEquals(List.of(free), calls(0).entry(added).getPeerURLsList());
        assertEquals(List.of(taken), calls(0).entry(id(cluster.member(2))).getPeerURLsList());
        assertEquals(4, calls(0).update(added, free).getMembersCount());
    }

    /// The id is made of the second, too, so the same addresses give the same one when they come again at once.
    @Test
    @Statement({"CLU-07", "CLU-06"})
    void refusesAnIdThatIsThere() {
        Set<Refusal> seen = new HashSet<>();
        for (int i = 0; i < ATTEMPTS && !seen.contains(Refusal.MEMBER_EXISTS); i++) {
            String url = url();
            long second = Instant.now().getEpochSecond();
            long id = calls(0).addVoter(url).getMember().getID();
            Refusal refused = refusal(() -> calls(1).addVoter(url));
            if (second == Instant.now().getEpochSecond()) {
                assertEquals(Refusal.MEMBER_EXISTS, refused);
            }
            seen.add(refused);
            calls(0).remove(id);
        }
        assertTrue(seen.contains(Refusal.MEMBER_EXISTS), seen::toString);
        assertTrue(Set.of(Refusal.MEMBER_EXISTS, Refusal.PEER_URL_EXISTS).containsAll(seen), seen::toString);
    }

    @Test
    @Statement("CLU-08")
    void neverTakesTheIdOfARemovedMemberAgain() {
        int refused = 0;
        for (int i = 0; i < ATTEMPTS && refused == 0; i++) {
            String url = url();
            long second = Instant.now().getEpochSecond();
            long id = calls(0).addLearner(url).getMember().getID();
            calls(1).remove(id);
            try {
                long again = calls(2).addLearner(url).getMember().getID();
                assertNotEquals(id, again);
                assertNotEquals(second, Instant.now().getEpochSecond());
                calls(0).remove(again);
            } catch (StatusRuntimeException refusal) {
                assertTrue(Refusal.MEMBER_NOT_FOUND.is(refusal.getStatus()), refusal::toString);
                refused++;
            }
        }
        assertEquals(1, refused);
    }

    private static Refusal refusal(Executable call) {
        StatusRuntimeException refused = assertThrows(StatusRuntimeException.class, call);
        return Stream.of(Refusal.values())
                .filter(refusal -> refusal.is(refused.getStatus()))
                .findFirst()
                .orElseThrow(() -> new AssertionError(refused));
    }

    @Test
    @Statement("CLU-08")
    void findsNobodyUnderAnIdThatIsUnknownOrGone() {
        long learner = calls(0).addLearner(url()).getMember().getID();
        calls(1).remove(learner);
        long voter = calls(2).addVoter(url()).getMember().getID();
        calls(0).remove(voter);
        for (long id : List.of(0L, 4711L, -1L, learner, voter)) {
            for (int i = 0; i < 3; i++) {
                MembershipCalls calls = calls(i);
                Refusal.MEMBER_NOT_FOUND.of(() -> calls.remove(id));
                Refusal.MEMBER_NOT_FOUND.of(() -> calls.update(id, url()));
                Refusal.MEMBER_NOT_FOUND.of(
                        () -> calls.update(id, cluster.member(0).peerUrl()));
                Refusal.MEMBER_NOT_FOUND.of(() -> calls.promote(id));
            }
        }
    }

    /// Two that have not started leave three of five. With a third, three would have to be four.
    @Test
    @Statement({"CLU-10", "GEN-19"})
    void refusesMoreVotersThanThoseWhoStartedCanCarry() {
        calls(0).addVoter(url());
        MemberAddResponse fifth = calls(1).addVoter(url());
        for (int i = 0; i < 3; i++) {
            MembershipCalls calls = calls(i);
            Refusal.NOT_ENOUGH_STARTED.of(() -> calls.addVoter(url()));
            // A learner needs nobody to have started, but more who are connected.
            Refusal.UNHEALTHY.of(() -> calls.addLearner(url()));
            // What the state says comes later than what the own counts say.
            Refusal.NOT_ENOUGH_STARTED.of(() -> calls.addVoter(cluster.member(0).peerUrl()));
        }
        calls(2).remove(fifth.getMember().getID());
        assertEquals(5, calls(2).addVoter(url()).getMembersCount());
    }

    /// Three of five have started: two are too few of four.
    @Test
    @Statement("CLU-12")
    void refusesToRemoveAFounderWhomTheOthersNeed() {
        MemberAddResponse fourth = calls(0).addVoter(url());
        MemberAddResponse fifth = calls(0).addVoter(url());
        for (int i = 0; i < 3; i++) {
            MembershipCalls calls = calls(i);
            for (long founder : founders) {
                Refusal.NOT_ENOUGH_STARTED.of(() -> calls.remove(founder));
            }
        }
        assertEquals(4, calls(1).remove(fifth.getMember().getID()).getMembersCount());
        assertEquals(3, calls(1).remove(fourth.getMember().getID()).getMembersCount());
    }

    @Test
    @Statement("CLU-14")
    void takesOneLearnerAtATime() {
        long first = calls(0).addLearner(url()).getMember().getID();
        for (int i = 0; i < 3; i++) {
            MembershipCalls calls = calls(i);
            Refusal.TOO_MANY_LEARNERS.of(() -> calls.addLearner(url()));
        }
        assertEquals(5, calls(1).addVoter(url()).getMembersCount());
        calls(2).remove(first);
        assertEquals(5, calls(2).addLearner(url()).getMembersCount());
    }

    @Test
    @Statement({"CLU-15", "CLU-17"})
    void promotesLearnersOnly() {
        long unstarted = calls(0).addVoter(url()).getMember().getID();
        for (MembershipCalls calls : List.of(leader(), follower())) {
            for (long founder : founders) {
                Refusal.NOT_A_LEARNER.of(() -> calls.promote(founder));
            }
            // Whether it is a learner is asked after whether it is in sync.
            Refusal.LEARNER_NOT_READY.of(() -> calls.promote(unstarted));
        }
    }

    @Test
    @Statement({"CLU-16", "CLU-17"})
    void promotesNobodyWhoHasNotStarted() {
        long learner = calls(0).addLearner(url()).getMember().getID();
        for (MembershipCalls calls : List.of(leader(), follower())) {
            Refusal.LEARNER_NOT_READY.of(() -> calls.promote(learner));
        }
        assertTrue(calls(0).entry(learner).getIsLearner());
    }

    /// Each change follows the answer to the one before, through another member.
    @Test
    @Statement({"CLU-20", "CLU-08", "CLU-09"})
    void takesOneChangeBehindTheOther() {
        List<Long> gone = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            String url = url();
            MemberAddResponse learner = calls(i % 3).addLearner(url());
            MemberAddResponse voter = calls((i + 1) % 3).addVoter(url());
            assertEquals(5, voter.getMembersCount());
            long first = learner.getMember().getID();
            long second = voter.getMember().getID();
            MemberUpdateResponse updated = calls((i + 2) % 3).update(first, url);
            assertEquals(
                    1,
                    updated.getMembersList().stream()
                            .filter(member -> member.getPeerURLsList().equals(List.of(url)))
                            .count());
            assertEquals(4, calls(i % 3).remove(second).getMembersCount());
            assertEquals(3, calls((i + 1) % 3).remove(first).getMembersCount());
            gone.addAll(List.of(first, second));
        }
        assertEquals(20, new HashSet<>(gone).size());
        cluster.hashesAgree(cluster.leader().client().putRevision(Keys.fresh().key("a"), "1"));
    }

    /// Of changes that come while another is under way, etcd drops some: nothing answers those callers.
    @Test
    @Statement({"CLU-14", "CLU-20"})
    void takesOneOfThoseWhoAreAddedAtOnce() {
        List<Long> added = Collections.synchronizedList(new ArrayList<>());
        List<Late> callers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            MembershipCalls calls = calls(i % 3).within(Duration.ofSeconds(5));
            String url = url();
            callers.add(
                    Late.call(() -> added.add(calls.addLearner(url).getMember().getID())));
        }
        for (Late caller : callers) {
            Late.End end = caller.end();
            assertTrue(
                    end.status().isOk()
                            || Refusal.TOO_MANY_LEARNERS.is(end.status())
                            || Refusal.TIMED_OUT.is(end.status())
                            || (MemberTarget.isEtcd() && end.status().getCode() == Code.DEADLINE_EXCEEDED),
                    end::toString);
        }
        List<Long> learners = calls(0).list().getMembersList().stream()
                .filter(io.metastore.api.etcd.etcdserverpb.Member::getIsLearner)
                .map(io.metastore.api.etcd.etcdserverpb.Member::getID)
                .toList();
        assertEquals(1, learners.size(), learners::toString);
        assertTrue(learners.containsAll(added), () -> learners + " without one of " + added);
    }
}
