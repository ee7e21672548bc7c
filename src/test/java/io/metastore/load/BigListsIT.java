package io.metastore.load;

import static io.metastore.blackbox.MemberMemory.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Member;
import io.metastore.blackbox.MemberMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Many clients that list many keys at once cost a bounded amount of memory, whether they read or not.
///
/// `-Dmetastore.load.lists=100 -Dmetastore.load.keys=300000 -Dmetastore.load.heap.mib=1024` is the full size;
/// `-Dmetastore.load.budget=1TiB` takes the bound away, to see the test fail.
@Tag("blackbox")
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class BigListsIT {
    private static final Logger LOG = Logger.getLogger(BigListsIT.class);
    private static final int LISTS = Integer.getInteger("metastore.load.lists", 40);
    private static final ManyKeys KEYS = new ManyKeys(
            Integer.getInteger("metastore.load.keys", 30_000), Integer.getInteger("metastore.load.value", 256));
    private static final int HEAP_MIB = Integer.getInteger("metastore.load.heap.mib", 256);
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    /// Java itself, its code, stacks and tables, and RocksDB's caches and write buffers.
    private static final long BESIDES = 512 * MIB;

    private static Member member;
    private static MemberMemory memory;

    @BeforeAll
    static void fill() throws InterruptedException {
        member = Member.startWithJava(
                "-Xmx" + HEAP_MIB + "m",
                "--metastore.read.response-budget-bytes=" + System.getProperty("metastore.load.budget", "0"),
                "--metastore.read.client-patience=2s");
        memory = new MemberMemory(member);
        KEYS.put(member.client());
    }

    @AfterAll
    static void close() {
        if (member != null) {
            member.close();
        }
    }

    /// Heap, what the transport holds of responses (the budget, a quarter of the heap, and an eighth of that on
    /// top), and what the process needs besides.
    private static void assertBounded(String when) throws Exception {
        long most = memory.mostResident();
        long bound = HEAP_MIB * MIB + HEAP_MIB * MIB / 4 * 9 / 8 + BESIDES;
        LOG.infof("%s: at most %d MiB in RAM, the bound is %d MiB", when, most / MIB, bound / MIB);
        assertTrue(most < bound, when + ": " + most / MIB + " MiB in RAM, the bound is " + bound / MIB);
    }

    @Test
    void allAreAnsweredInBoundedMemory() throws Exception {
        List<Client> clients = new ArrayList<>();
        List<CompletableFuture<ListCall.Counted>> lists = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < LISTS; i++) {
            Client client = member.connect();
            clients.add(client);
            lists.add(ListCall.read(client, KEYS.all().build()));
        }
        for (CompletableFuture<ListCall.Counted> list : lists) {
            assertEquals(
                    new ListCall.Counted(KEYS.count(), KEYS.count()), list.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        }
        LOG.infof(
                "%d lists of %d keys in %d ms, %.0f of them waited for room",
                LISTS,
                KEYS.count(),
                (System.nanoTime() - start) / 1_000_000,
                memory.metric("metastore_response_budget_waits_total"));
        clients.forEach(Client::close);
        assertBounded("lists that are read");
        Eventually.holds(
                "everything is given back",
                Duration.ofSeconds(30),
                () -> memory.metric("metastore_response_budget_used_bytes") == 0);
    }

    /// Lists that nobody reads, each on a connection of its own, until one has to wait.
    private List<ListCall> takeAllRoom(List<Client> clients) throws InterruptedException {
        List<ListCall> stalled = new ArrayList<>();
        for (int i = 0; i < LISTS; i++) {
            Client client = member.connectSlow();
            clients.add(client);
            stalled.add(ListCall.neverRead(client, KEYS.all().build()));
        }
        Eventually.holds(
                "there is no room for more",
                Duration.ofMinutes(1),
                () -> memory.metric("metastore_response_budget_waiting") > 0);
        return stalled;
    }

    @Test
    void clientsThatNeverReadAreCutAndHinderNobody() throws Exception {
        double cutBefore = memory.metric("metastore_response_stalled_total");
        List<Client> clients = new ArrayList<>();
        List<ListCall> stalled = takeAllRoom(clients);
        // Single keys and pages do not wait for those that hold the budget.
        for (int i = 0; i < 20; i++) {
            RangeResponse page =
                    member.client().kv().range(KEYS.all().setLimit(1_000).build());
            assertEquals(1_000, page.getKvsCount());
            assertEquals(KEYS.count(), page.getCount());
        }
        // A large one has its turn behind them.
        assertEquals(
                new ListCall.Counted(KEYS.count(), KEYS.count()),
                ListCall.read(member.client(), KEYS.all().build()).get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        Eventually.holds(
                "all of them are cut and everything is given back",
                Duration.ofMinutes(1),
                () -> memory.metric("metastore_response_stalled_total") - cutBefore == LISTS
                        && memory.metric("metastore_response_budget_used_bytes") == 0);
        assertBounded("lists that nobody reads");
        stalled.forEach(ListCall::cancel);
        clients.forEach(Client::close);
    }

    @Test
    void aCallThatWaitsLeavesWithItsClient() throws Exception {
        List<Client> clients = new ArrayList<>();
        List<ListCall> stalled = takeAllRoom(clients);
        stalled.forEach(ListCall::cancel);
        Eventually.holds(
                "nobody waits and everything is given back",
                Duration.ofSeconds(30),
                () -> memory.metric("metastore_response_budget_waiting") == 0
                        && memory.metric("metastore_response_budget_used_bytes") == 0);
        clients.forEach(Client::close);
    }

    @Test
    void aListLargerThanTheBudgetIsRefusedAndSaysWhatToDo() throws InterruptedException {
        try (Member small = Member.startWithJava("-Xmx256m", "--metastore.read.response-budget-bytes=1MiB")) {
            ManyKeys keys = new ManyKeys(5_000, 300);
            keys.put(small.client());
            StatusRuntimeException refused = assertThrows(
                    StatusRuntimeException.class,
                    () -> small.client().range(keys.all()).getKvsCount());
            assertEquals(Status.Code.RESOURCE_EXHAUSTED, refused.getStatus().getCode());
            String text = refused.getStatus().getDescription();
            assertTrue(
                    text.contains("read.response-budget-bytes") && text.contains("1048576") && text.contains("limit"),
                    text);
            assertEquals(1_000, small.client().range(keys.all().setLimit(1_000)).getKvsCount());
            assertEquals(
                    5_000, small.client().range(keys.all().setCountOnly(true)).getCount());
        }
    }
}
