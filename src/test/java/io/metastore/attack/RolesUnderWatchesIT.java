package io.metastore.attack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.authpb.Permission;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.blackbox.Accounts;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Member;
import io.metastore.blackbox.WatchCall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Roles and permissions change while a thousand watches of ten users are open: who may still see a key misses nothing,
/// and whose permission is taken sees nothing that is written after it.
@Timeout(180)
class RolesUnderWatchesIT {
    private static final int USERS = 10;
    private static final int WATCHES_EACH = 100;
    private static final int CHANGES = 200;
    private static final ByteString KEY = ByteString.copyFromUtf8("app/key");
    private static final ByteString END = ByteString.copyFromUtf8("app/kez");

    private static final ByteString OWN = ByteString.copyFromUtf8("own");

    private Member member;
    private Client root;
    private final List<Client> clients = new ArrayList<>();
    private final List<WatchCall> watches = new ArrayList<>();

    @BeforeEach
    void start() {
        member = Member.startOwn("--bcrypt-cost=4");
        root = Accounts.enable(member);
        Accounts accounts = new Accounts(root);
        for (int user = 0; user < USERS; user++) {
            Client client = accounts.userWith(member, "user-" + user, Permission.Type.READ, KEY, END);
            clients.add(client);
            WatchCall watch = WatchCall.open(client);
            watches.add(watch);
            for (int i = 0; i < WATCHES_EACH; i++) {
                assertEquals(i, watch.create(WatchCall.one(KEY, 0)).getWatchId());
            }
        }
    }

    @AfterEach
    void stop() {
        watches.forEach(WatchCall::close);
        clients.forEach(Client::close);
        root.close();
        member.close();
    }

    @Test
    void nobodyMissesAnEventAndNobodySeesOneTooMany() {
        Accounts accounts = new Accounts(root);
        accounts.addRole("others");
        for (int i = 0; i < CHANGES; i++) {
            ByteString other = ByteString.copyFromUtf8("other-" + i % 7);
            if (i % 2 == 0) {
                accounts.grant("others", Permission.Type.READ, other, ByteString.EMPTY);
                accounts.grantRole("user-" + i % USERS, "others");
            } else {
                accounts.revokeRole("user-" + (i - 1) % USERS, "others");
            }
            root.put(KEY, "value " + i);
        }
        watches.forEach(watch -> next(watch, CHANGES));

        accounts.revoke("user-3", KEY, END);
        root.put(KEY, "not for user 3");
        for (int user = 0; user < USERS; user++) {
            if (user == 3) {
                assertEquals(WATCHES_EACH, revoked(watches.get(user)).size());
            } else {
                next(watches.get(user), 1);
            }
        }
        // A watch of another kind on the same stream tells that nothing else is on its way.
        accounts.grant("user-3", Permission.Type.READ, OWN, ByteString.EMPTY);
        assertEquals(WATCHES_EACH, watches.get(3).create(WatchCall.one(OWN, 0)).getWatchId());
        root.put(KEY, "not for user 3 either");
        root.put(OWN, "for user 3");
        assertEquals(OWN, watches.get(3).nextEvents().getEvents(0).getKv().getKey());
    }

    /// Takes answers until each watch of a stream has `count` events, and none has more.
    private static void next(WatchCall watch, int count) {
        Map<Long, Integer> events = new HashMap<>();
        int sum = 0;
        while (sum < count * WATCHES_EACH) {
            WatchResponse response = watch.nextEvents();
            events.merge(response.getWatchId(), response.getEventsCount(), Integer::sum);
            sum += response.getEventsCount();
        }
        assertEquals(WATCHES_EACH, events.size());
        assertTrue(events.values().stream().allMatch(seen -> seen == count), events::toString);
    }

    /// The ends of all watches of a stream, with no event among them.
    private static Set<Long> revoked(WatchCall watch) {
        Set<Long> ended = new HashSet<>();
        while (ended.size() < WATCHES_EACH) {
            WatchResponse response = watch.next();
            assertTrue(response.getCanceled(), response::toString);
            assertTrue(response.getCancelReason().contains("permission denied"), response::toString);
            assertEquals(0, response.getEventsCount());
            assertTrue(ended.add(response.getWatchId()), response::toString);
        }
        return ended;
    }
}
