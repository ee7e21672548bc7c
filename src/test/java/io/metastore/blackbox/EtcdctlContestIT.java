package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

/// Two of etcd's command-line clients that want the same lock, and that want to be elected.
@BlackBox
@OwnMember
@Timeout(120)
@EnabledIf(
        value = "io.metastore.blackbox.Etcdctl#isNamed",
        disabledReason = "no etcdctl to run: name one with -Dmetastore.etcdctl=PATH or ETCDCTL_BIN")
class EtcdctlContestIT {
    private final List<Process> contenders = new ArrayList<>();

    @AfterEach
    void end() {
        contenders.forEach(Process::destroyForcibly);
    }

    private BufferedReader contend(Etcdctl etcdctl, String... words) {
        Process contender = etcdctl.started(words);
        contenders.add(contender);
        return contender.inputReader();
    }

    private static String line(BufferedReader said) {
        try {
            return said.readLine();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void waiting(Client client, String name, int count) {
        Eventually.holds(
                count + " contend for " + name,
                () -> client.range(Requests.range(Requests.bytes(name + "/"), Requests.bytes(name + "0")))
                                .getCount()
                        == count);
    }

    /// Who is killed has no time to give the lock back: it goes on when the lease has run out.
    @Test
    void aLockGoesOnWhenItsHolderIsKilled(Member member, Client client) {
        Etcdctl etcdctl = Etcdctl.against(member);
        BufferedReader first = contend(etcdctl, "lock", "--ttl=2", "work");
        String held = line(first);
        assertTrue(held.startsWith("work/"), held);
        BufferedReader second = contend(etcdctl, "lock", "--ttl=2", "work");
        waiting(client, "work", 2);
        contenders.getFirst().destroyForcibly();
        String taken = line(second);
        assertTrue(taken.startsWith("work/") && !taken.equals(held), taken);
        waiting(client, "work", 1);
    }

    /// Who is told to stop resigns.
    @Test
    void anElectionGoesOnWhenItsLeaderStops(Member member, Client client) {
        Etcdctl etcdctl = Etcdctl.against(member);
        BufferedReader first = contend(etcdctl, "elect", "vote", "one");
        String led = line(first);
        assertTrue(led.startsWith("vote/"), led);
        assertEquals("one", line(first));
        BufferedReader second = contend(etcdctl, "elect", "vote", "two");
        waiting(client, "vote", 2);
        BufferedReader listening = contend(etcdctl, "elect", "--listen", "vote");
        assertEquals(List.of(led, "one"), List.of(line(listening), line(listening)));
        contenders.getFirst().destroy();
        String leads = line(second);
        assertTrue(leads.startsWith("vote/") && !leads.equals(led), leads);
        assertEquals("two", line(second));
        assertEquals(List.of(leads, "two"), List.of(line(listening), line(listening)));
    }
}
