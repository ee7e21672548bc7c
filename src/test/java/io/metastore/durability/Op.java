package io.metastore.durability;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.delete;
import static io.metastore.blackbox.Requests.op;
import static io.metastore.blackbox.Requests.put;

import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.blackbox.Client;
import java.util.List;

/// One request that writes: a put, a delete, or a transaction of several.
///
/// @param value   put under every key of `puts`; no other op has the same
/// @param lease   what the puts are attached to, 0 for nothing
/// @param deletes keys deleted behind that, none of them in `puts`
record Op(String value, long lease, List<String> puts, List<String> deletes) {

    /// Sends the request and returns the revision of the answer.
    long send(Client client) {
        if (puts.size() + deletes.size() > 1) {
            TxnRequest.Builder txn = TxnRequest.newBuilder();
            puts.forEach(key -> txn.addSuccess(op(putOf(key))));
            deletes.forEach(key -> txn.addSuccess(op(delete(bytes(key)))));
            return client.txn(txn).getHeader().getRevision();
        }
        return puts.isEmpty()
                ? client.delete(bytes(deletes.getFirst()))
                : client.kv().put(putOf(puts.getFirst()).build()).getHeader().getRevision();
    }

    private PutRequest.Builder putOf(String key) {
        return put(bytes(key), value).setLease(lease);
    }
}
