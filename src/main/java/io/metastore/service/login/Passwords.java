package io.metastore.service.login;

import at.favre.lib.crypto.bcrypt.BCrypt;
import at.favre.lib.crypto.bcrypt.LongPasswordStrategies;
import io.metastore.thread.Threads;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Supplier;

/// Hashes passwords and compares them with hashes, by bcrypt. Both are slow on purpose, so they have a thread of their
/// own: many who try passwords wait for each other and for nobody else.
public final class Passwords implements AutoCloseable {
    /// bcrypt takes no more; etcd refuses what is longer instead of cutting it (AUT-12).
    public static final int BYTES_MAX = 72;

    private static final int WAITING_MAX = 1_000;

    private final int cost;
    private final ThreadPoolExecutor thread;
    private final BCrypt.Hasher hasher =
            BCrypt.with(BCrypt.Version.VERSION_2A, new SecureRandom(), LongPasswordStrategies.none());
    private final BCrypt.Verifyer verifyer = BCrypt.verifyer(null, LongPasswordStrategies.none());
    /// Of the thread for passwords.
    private String somebodyElses;

    /// @param cost rounds, as a power of two, from 4 to 31
    public Passwords(int cost, Threads.Halt faults) {
        this.cost = cost;
        this.thread = Threads.pool("passwords", 1, new ArrayBlockingQueue<>(WAITING_MAX), faults);
    }

    /// More wait for a password to be hashed or compared than there is room for.
    public static final class Busy extends RuntimeException {
        private static final long serialVersionUID = 1;

        Busy() {
            super("too many passwords wait to be compared", null, false, false);
        }
    }

    /// Yields the hash of `password`, on the thread for passwords; fails with [Busy], or with
    /// IllegalArgumentException when it is too long.
    public Uni<String> hash(String password) {
        return inTurn(() -> hashed(password));
    }

    private String hashed(String password) {
        byte[] bytes = password.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > BYTES_MAX) {
            throw new IllegalArgumentException("bcrypt: password length exceeds 72 bytes");
        }
        return new String(hasher.hash(cost, bytes), StandardCharsets.UTF_8);
    }

    /// Yields whether `hash` is that of `password`, on the thread for passwords; fails with [Busy].
    ///
    /// @param hash empty for a user who is not there, or cannot log in: then another's is compared, so that the
    /// answer takes as long and tells nobody who is there
    public Uni<Boolean> matches(String password, String hash) {
        return inTurn(() -> compare(password, hash.isEmpty() ? somebodyElses() : hash) && !hash.isEmpty());
    }

    private String somebodyElses() {
        if (somebodyElses == null) {
            somebodyElses = hashed("");
        }
        return somebodyElses;
    }

    private boolean compare(String password, String hash) {
        byte[] bytes = password.getBytes(StandardCharsets.UTF_8);
        return verifyer.verify(bytes, hash.getBytes(StandardCharsets.UTF_8)).verified && bytes.length <= BYTES_MAX;
    }

    private <T> Uni<T> inTurn(Supplier<T> work) {
        return Uni.createFrom().emitter(emitter -> {
            try {
                thread.execute(() -> {
                    T result;
                    try {
                        result = work.get();
                    } catch (IllegalArgumentException wrong) {
                        emitter.fail(wrong);
                        return;
                    }
                    emitter.complete(result);
                });
            } catch (RejectedExecutionException full) {
                emitter.fail(new Busy());
            }
        });
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
