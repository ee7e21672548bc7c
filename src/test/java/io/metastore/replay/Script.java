package io.metastore.replay;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.TextFormat;
import com.google.protobuf.util.JsonFormat;
import io.metastore.api.etcd.etcdserverpb.CompactionRequest;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import java.util.List;

/// A history as a shell script of etcdctl commands; what etcdctl cannot say is a gRPC call in JSON.
final class Script {
    private static final ByteString FROM_KEY = ByteString.copyFrom(new byte[1]);
    private static final int DRAWN_NAMES = 1000;

    private Script() {}

    /// @param steps with their numbers, see [HistoryPlayer#meant]
    static String of(List<ReplayStep> steps) {
        StringBuilder script = new StringBuilder("""
                E=127.0.0.1:2379; export ETCDCTL_ENDPOINTS=$E
                P="-import-path src/main/proto -proto etcd/rpc.proto"
                rpc() { grpcurl -plaintext $P -d "$2" $E etcdserverpb.$1; }
                # LEASE_n stands for the n-th id that the server drew, MEMBER for its own id
                """);
        for (ReplayStep step : steps) {
            script.append(named(line(step))).append('\n');
        }
        return script.toString();
    }

    private static String named(String line) {
        String named = line.replace(Long.toUnsignedString(Symbol.OWN_MEMBER.plus(0)), "MEMBER");
        String drawn = Long.toString(Symbol.DRAWN_LEASE.plus(0));
        for (int i = 0; i < DRAWN_NAMES && named.contains(drawn.substring(0, drawn.length() - 4)); i++) {
            named = named.replace(Long.toString(Symbol.DRAWN_LEASE.plus(i)), "LEASE_" + i);
        }
        return named;
    }

    private static String line(ReplayStep step) {
        return switch (step) {
            case ReplayStep.Unary(Api api, Message request) -> {
                String command = command(request);
                yield command != null ? command : rpc(api.path(), request);
            }
            case ReplayStep.Stream(var request) -> rpc("etcdserverpb.KV/RangeStream", request);
            case ReplayStep.KeepAlive(var request) -> rpc("etcdserverpb.Lease/LeaseKeepAlive", request);
            case ReplayStep.Create(int call, var request) ->
                "# watch call " + call + ": create_request " + json(request) + comment(request);
            case ReplayStep.Cancel(int call, long id) -> "# watch call " + call + ": cancel_request of id " + id;
            case ReplayStep.Close(int call) -> "# watch call " + call + ": end it";
            case ReplayStep.Sync() -> "# wait until every watcher has got everything (progress_request)";
        };
    }

    private static String command(Message request) {
        return switch (request) {
            case PutRequest put -> put(put);
            case RangeRequest range -> get(range);
            case DeleteRangeRequest delete -> delete(delete);
            case CompactionRequest compaction
            when compaction.getRevision() > 0 ->
                "etcdctl compact " + compaction.getRevision() + flag(compaction.getPhysical(), "--physical");
            case LeaseRevokeRequest revoke
            when revoke.getID() > 0 && revoke.getID() < 1L << 32 ->
                "etcdctl lease revoke " + Long.toHexString(revoke.getID());
            default -> null;
        };
    }

    private static String put(PutRequest put) {
        if (!plain(put.getKey())
                || !plain(put.getValue())
                || put.getLease() < 0
                || put.getKey().isEmpty()) {
            return null;
        }
        return "etcdctl put " + text(put.getKey()) + (put.getIgnoreValue() ? "" : " " + text(put.getValue()))
                + flag(put.getLease() != 0, "--lease=" + Long.toHexString(put.getLease()))
                + flag(put.getPrevKv(), "--prev-kv")
                + flag(put.getIgnoreValue(), "--ignore-value")
                + flag(put.getIgnoreLease(), "--ignore-lease");
    }

    private static String delete(DeleteRangeRequest delete) {
        String range = range(delete.getKey(), delete.getRangeEnd());
        return range == null ? null : "etcdctl del " + range + flag(delete.getPrevKv(), "--prev-kv");
    }

    private static String get(RangeRequest get) {
        String range = range(get.getKey(), get.getRangeEnd());
        boolean bounded = get.getMinModRevision() != 0
                || get.getMaxModRevision() != 0
                || get.getMinCreateRevision() != 0
                || get.getMaxCreateRevision() != 0;
        if (range == null || bounded || get.getSortOrderValue() != 0 || get.getSortTargetValue() != 0) {
            return null;
        }
        return "etcdctl get " + range
                + flag(get.getRevision() != 0, "--rev=" + get.getRevision())
                + flag(get.getLimit() != 0, "--limit=" + get.getLimit())
                + flag(get.getSerializable(), "--consistency=s")
                + flag(get.getKeysOnly(), "--keys-only")
                + flag(get.getCountOnly(), "--count-only -w fields");
    }

    private static String range(ByteString key, ByteString end) {
        if (key.isEmpty() || !plain(key) || !plain(end) && !end.equals(FROM_KEY)) {
            return null;
        }
        return text(key) + (end.isEmpty() ? "" : end.equals(FROM_KEY) ? " --from-key" : " " + text(end));
    }

    private static String flag(boolean set, String flag) {
        return set ? " " + flag : "";
    }

    private static boolean plain(ByteString bytes) {
        for (int i = 0; i < bytes.size(); i++) {
            byte at = bytes.byteAt(i);
            if (at <= ' ' || at > '~' || at == '\'') {
                return false;
            }
        }
        return bytes.isEmpty() || bytes.byteAt(0) != '-';
    }

    private static String text(ByteString bytes) {
        return "'" + bytes.toStringUtf8() + "'";
    }

    private static String rpc(String path, Message request) {
        return "rpc " + path.substring(path.indexOf('.') + 1) + " '" + json(request) + "'" + comment(request);
    }

    private static String comment(MessageOrBuilder request) {
        return "  # " + TextFormat.printer().emittingSingleLine(true).printToString(request);
    }

    private static String json(MessageOrBuilder request) {
        try {
            return JsonFormat.printer().omittingInsignificantWhitespace().print(request);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("not expressible in JSON", e);
        }
    }
}
