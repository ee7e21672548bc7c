package io.metastore.replay;

import com.google.protobuf.Message;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import java.util.function.UnaryOperator;

/// One step of a history. Requests may hold [Symbol]s in place of numbers that are known only when the step is
/// played, so that a history stays meaningful when steps before it are left out.
sealed interface ReplayStep {

    /// What a difference in this step is called; a history is shrunk without changing it.
    String kind();

    /// The step with its request, if it has one, made over.
    default ReplayStep rewritten(UnaryOperator<Message> rewriting) {
        return request() == null ? this : with(rewriting.apply(request()));
    }

    /// The step with another request of the same type, null for steps without one.
    default ReplayStep with(Message other) {
        return switch (this) {
            case Unary unary -> new Unary(unary.api(), other);
            case Stream _ -> new Stream((RangeRequest) other);
            case KeepAlive _ -> new KeepAlive((LeaseKeepAliveRequest) other);
            case Create create -> new Create(create.call(), (WatchCreateRequest) other);
            case Cancel _, Close _, Sync _ -> null;
        };
    }

    /// The request, null for steps without one.
    default Message request() {
        return null;
    }

    /// A call with one request and one answer.
    record Unary(Api api, Message request) implements ReplayStep {
        @Override
        public String kind() {
            return api.path();
        }
    }

    record Stream(RangeRequest request) implements ReplayStep {
        @Override
        public String kind() {
            return "etcdserverpb.KV/RangeStream";
        }
    }

    record KeepAlive(LeaseKeepAliveRequest request) implements ReplayStep {
        @Override
        public String kind() {
            return "etcdserverpb.Lease/LeaseKeepAlive";
        }
    }

    /// Creates a watcher on one of the Watch calls, which opens when it is first used.
    record Create(int call, WatchCreateRequest request) implements ReplayStep {
        @Override
        public String kind() {
            return "watch create";
        }
    }

    record Cancel(int call, long id) implements ReplayStep {
        @Override
        public String kind() {
            return "watch cancel";
        }
    }

    /// Ends a Watch call.
    record Close(int call) implements ReplayStep {
        @Override
        public String kind() {
            return "watch close";
        }
    }

    /// Waits until all watchers have got everything, and compares it.
    record Sync() implements ReplayStep {
        @Override
        public String kind() {
            return "watch events";
        }
    }
}
