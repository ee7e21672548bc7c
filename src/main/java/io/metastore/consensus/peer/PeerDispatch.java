package io.metastore.consensus.peer;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// Hands calls on by their kind, and answers signs of life. Kinds are added while the member is put together,
/// before any call comes.
public final class PeerDispatch implements PeerHandler {
    private static final int RAFT_BELOW = 100;

    private final Map<Integer, PeerHandler> handlers = new ConcurrentHashMap<>();
    private final List<Consumer<Caller>> listeners = new CopyOnWriteArrayList<>();
    private volatile PeerHandler raft;
    private volatile SignOfLife sign = SignOfLife.SILENT;

    /// Lets `handler` have raft's own calls.
    public void raft(PeerHandler handler) {
        raft = handler;
    }

    /// Lets `asked` say what signs of life ask and are answered with.
    public void signs(SignOfLife asked) {
        sign = asked;
    }

    SignOfLife sign() {
        return sign;
    }

    public void add(int kind, PeerHandler handler) {
        if (handlers.putIfAbsent(kind, handler) != null) {
            throw new IllegalStateException("kind " + kind + " has a handler");
        }
    }

    /// Lets `listener` know, too, of each lane that ends.
    public void onEnd(Consumer<Caller> listener) {
        listeners.add(listener);
    }

    /// @throws IllegalArgumentException when this version knows no such kind
    @Override
    public void called(Caller caller, PeerMessage message, Consumer<PeerMessage> answer) {
        if (message.kind() == PeerMessage.Kinds.PING) {
            answer.accept(new PeerMessage(PeerMessage.Kinds.PING, sign.answers(caller.member(), message.body())));
            return;
        }
        PeerHandler handler = message.kind() < RAFT_BELOW ? raft : handlers.get(message.kind());
        if (handler == null) {
            throw new IllegalArgumentException("a call of unknown kind " + message.kind());
        }
        handler.called(caller, message, answer);
    }

    @Override
    public void ended(Caller caller) {
        PeerHandler raftHandler = raft;
        if (raftHandler != null) {
            raftHandler.ended(caller);
        }
        handlers.values().forEach(handler -> handler.ended(caller));
        listeners.forEach(listener -> listener.accept(caller));
    }
}
