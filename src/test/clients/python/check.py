"""The Python client `etcd3`, unchanged, on the server at HOST PORT: keys, transactions, watches, leases, locks and users."""

import sys
import threading

import etcd3


def check(what, truth):
    if not truth:
        sys.exit(f"not as expected: {what}")


def keys(client):
    client.put("py/a", "1")
    value, metadata = client.get("py/a")
    check("a value is read back", value == b"1" and metadata.version == 1)
    client.put("py/b", "2")
    check("a prefix has its keys", [v for v, _ in client.get_prefix("py/")] == [b"1", b"2"])
    done, _ = client.transaction(
        compare=[client.transactions.value("py/a") == "1"],
        success=[client.transactions.put("py/a", "3")],
        failure=[client.transactions.put("py/a", "4")],
    )
    check("a transaction compares", done and client.get("py/a")[0] == b"3")
    check("a key is replaced once", client.replace("py/a", "3", "5") and not client.replace("py/a", "3", "6"))
    check("a key is deleted", client.delete("py/b") and client.get("py/b")[0] is None)


def watches(client):
    seen = []
    enough = threading.Event()

    def event(response):
        seen.extend(response.events)
        if len(seen) >= 2:
            enough.set()

    watch = client.add_watch_callback("py/watched", event)
    client.put("py/watched", "1")
    client.delete("py/watched")
    check("two events come", enough.wait(30))
    client.cancel_watch(watch)
    check("they are a put and a delete", [type(e).__name__ for e in seen] == ["PutEvent", "DeleteEvent"])


def leases_and_locks(client):
    lease = client.lease(60)
    client.put("py/leased", "1", lease=lease)
    check("a lease has its key", lease.keys == [b"py/leased"] and lease.remaining_ttl > 0)
    lease.revoke()
    check("its key is gone with it", client.get("py/leased")[0] is None)
    with client.lock("py", ttl=30) as lock:
        check("a lock is held", lock.is_acquired())
        check("by one at a time", not client.lock("py", ttl=30).acquire(timeout=0.5))


def users(client, host, port):
    import etcd3.etcdrpc as rpc

    stub = rpc.AuthStub(client.channel)
    stub.UserAdd(rpc.AuthUserAddRequest(name="root", password="secret"))
    stub.UserGrantRole(rpc.AuthUserGrantRoleRequest(user="root", role="root"))
    stub.AuthEnable(rpc.AuthEnableRequest())
    root = etcd3.client(host=host, port=port, user="root", password="secret", timeout=30)
    # Beside the metadata it shows the token in a way that today's gRPC allows over TLS alone.
    root.call_credentials = None
    root.put("py/users", "1")
    try:
        client.put("py/users", "2")
        sys.exit("not as expected: nobody is let in")
    except Exception as refused:  # the client has no class of its own for it
        check("nobody is told why", "user name is empty" in str(refused))
    check("root may", root.get("py/users")[0] == b"1")
    rpc.AuthStub(root.channel).AuthDisable(rpc.AuthDisableRequest(), metadata=root.metadata)


def main():
    host, port = sys.argv[1], int(sys.argv[2])
    client = etcd3.client(host=host, port=port, timeout=30)
    keys(client)
    watches(client)
    leases_and_locks(client)
    users(client, host, port)
    print("all as expected")


main()
