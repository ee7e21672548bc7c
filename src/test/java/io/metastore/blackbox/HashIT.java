package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.op;
import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.range;
import static io.metastore.blackbox.Requests.version;
import static io.metastore.blackbox.Requests.when;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.api.etcd.etcdserverpb.AuthGrpc;
import io.metastore.api.etcd.etcdserverpb.AuthRoleAddRequest;
import io.metastore.api.etcd.etcdserverpb.Compare.CompareResult;
import io.metastore.api.etcd.etcdserverpb.HashRequest;
import java.util.LinkedHashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Maintenance.Hash, whose value depends on how an engine lays its rows out: what makes it another one does not.
@BlackBox
class HashIT {

    @Test
    @OwnMember
    @Statement("MNT-08")
    void isOfKeysLeasesAndUsersAndOfNothingThatPasses(Member member) {
        Client client = member.client();
        Set<Integer> seen = new LinkedHashSet<>();
        seen.add(hash(client));
        Keys keys = Keys.fresh();
        client.put(keys.key("a"), "1");
        differs(seen, client);
        client.put(keys.key("a"), "2");
        differs(seen, client);
        long lease = client.grant(600);
        differs(seen, client);
        client.kv().put(put(keys.key("b"), "1").setLease(lease).build());
        differs(seen, client);
        AuthGrpc.newBlockingStub(client.channel())
                .roleAdd(AuthRoleAddRequest.newBuilder().setName("reader").build());
        differs(seen, client);

        int last = hash(client);
        client.kv().range(range(keys.key("a")).build());
        // An entry of the log that changes nothing but how far the log is applied.
        assertFalse(client.kv()
                .txn(when(version(keys.key("a"), CompareResult.GREATER, 99))
                        .addSuccess(op(put(keys.key("a"), "3")))
                        .build())
                .getSucceeded());
        assertEquals(last, hash(client));
        member.kill();
        member.restart();
        assertEquals(last, hash(member.client()));
    }

    private static void differs(Set<Integer> seen, Client client) {
        int hash = hash(client);
        assertEquals(hash, hash(client), "two hashes of one state");
        assertTrue(seen.add(hash), () -> hash + " has been before, among " + seen);
    }

    private static int hash(Client client) {
        return client.maintenance().hash(HashRequest.getDefaultInstance()).getHash();
    }
}
