package io.metastore.blackbox;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/// Keys under a prefix that no other test uses, on a member that tests share.
///
/// @param prefix what every key starts with; ends with a slash
public record Keys(ByteString prefix) {

    private static final AtomicInteger NEXT = new AtomicInteger();
    private static final String RUN =
            Integer.toUnsignedString(ThreadLocalRandom.current().nextInt(), 36);

    static Keys fresh() {
        return new Keys(ByteString.copyFromUtf8("test/" + RUN + "/" + NEXT.getAndIncrement() + "/"));
    }

    /// Keys without a prefix, for an empty store.
    static Keys none() {
        return new Keys(ByteString.EMPTY);
    }

    /// The key with a name below the prefix.
    public ByteString key(String name) {
        return prefix.concat(ByteString.copyFromUtf8(name));
    }

    /// First key behind all keys of the prefix: the range end that selects them all.
    public ByteString end() {
        return Requests.prefixEnd(prefix);
    }

    /// What stands behind the prefix in a key.
    public String name(ByteString key) {
        if (!key.startsWith(prefix)) {
            throw new IllegalArgumentException("not below " + prefix.toStringUtf8() + ": " + key.toStringUtf8());
        }
        return key.substring(prefix.size()).toStringUtf8();
    }

    /// What stands behind the prefix in the keys of pairs.
    public List<String> names(List<KeyValue> pairs) {
        return pairs.stream().map(pair -> name(pair.getKey())).toList();
    }
}
