package io.metastore.machine;

import io.metastore.value.StoreError;

/// How a command ended: done, or refused for a reason that is the same on every member.
public sealed interface Outcome<R> {
    record Done<R>(R result) implements Outcome<R> {}

    record Refused<R>(StoreError error) implements Outcome<R> {}
}
