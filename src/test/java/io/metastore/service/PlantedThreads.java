package io.metastore.service;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Makes threads that could end unseen, for the test of the rule against that.
public final class PlantedThreads {
    Thread one() {
        return new Thread(this::virtual);
    }

    ExecutorService pool() {
        return Executors.newCachedThreadPool();
    }

    void virtual() {
        Thread.startVirtualThread(this::one);
    }
}
