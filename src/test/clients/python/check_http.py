"""The client `etcd3gw`, unchanged, which speaks JSON over HTTP alone, on the server at HOST PORT: keys, leases, locks, watches."""

import sys
import threading

import etcd3gw


def check(what, truth):
    if not truth:
        sys.exit(f"not as expected: {what}")


def keys(client):
    client.put("gw/a", "1")
    check("a value is read back", client.get("gw/a") == [b"1"])
    (value, metadata), = client.get("gw/a", metadata=True)
    check("with its version", value == b"1" and int(metadata["version"]) == 1)
    client.put("gw/b", "2")
    check("a prefix has its keys", [v for v, _ in client.get_prefix("gw/")] == [b"1", b"2"])
    check("a key is created once", client.create("gw/c", "3") and not client.create("gw/c", "4"))
    check("a key is replaced once", client.replace("gw/a", "1", "5") and not client.replace("gw/a", "1", "6"))
    check("keys are deleted", client.delete("gw/b") and client.delete_prefix("gw/"))
    check("and are gone", client.get_prefix("gw/") == [])


def leases_and_locks(client):
    lease = client.lease(ttl=60)
    client.put("gw/leased", "1", lease=lease)
    check("a lease has its key", lease.keys() == [b"gw/leased"] and 0 < lease.ttl() <= 60)
    check("a lease is kept alive", lease.refresh() == 60)
    lease.revoke()
    check("its key is gone with it", client.get("gw/leased") == [])
    check("a lease that is gone is not kept alive", lease.refresh() == -1)
    with client.lock("gw", ttl=30) as lock:
        check("a lock is held", lock.is_acquired())
        check("by one at a time", not client.lock("gw", ttl=30).acquire())
    check("and let go", client.lock("gw", ttl=30).acquire())


def watches(client):
    events, cancel = client.watch("gw/watched")
    for i in range(100):
        client.put("gw/watched", str(i))
    client.delete("gw/watched")
    seen = [next(events) for _ in range(101)]
    cancel()
    check("each put is told", [e["kv"]["value"] for e in seen[:100]] == [str(i).encode() for i in range(100)])
    check("and the delete", seen[100]["type"] == "DELETE")
    threading.Thread(target=lambda: client.put("gw/once", "1")).start()
    check("one event is waited for", client.watch_once("gw/once", timeout=30, start_revision=1)["kv"]["value"] == b"1")


def main():
    client = etcd3gw.client(host=sys.argv[1], port=int(sys.argv[2]), timeout=30)
    check("the version is found", client.api_path == "/v3/" and client.status()["version"].startswith("3."))
    check("the members are listed", len(client.members()) == 1)
    keys(client)
    leases_and_locks(client)
    watches(client)
    print("all as expected")


main()
