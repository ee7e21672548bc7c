package io.metastore.mvcc;

import io.metastore.value.Bytes;

/// A key came to life, or died, at a revision.
record LifeChange(long revision, Bytes key, boolean created) {}
