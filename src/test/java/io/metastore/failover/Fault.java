package io.metastore.failover;

import io.metastore.api.etcd.etcdserverpb.MoveLeaderRequest;
import io.metastore.blackbox.Cluster;
import io.metastore.blackbox.Member;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.ThreadLocalRandom;

/// What becomes of a leader, and how it comes back.
enum Fault {
    /// `kill -9`.
    KILL {
        @Override
        void strike(Cluster cluster, Member leader) {
            leader.kill();
        }

        @Override
        void mend(Member struck) {
            struck.restart();
        }
    },
    /// `SIGSTOP`, then `SIGCONT`.
    PAUSE {
        @Override
        void strike(Cluster cluster, Member leader) {
            signal(leader, "STOP");
        }

        @Override
        void mend(Member struck) {
            signal(struck, "CONT");
        }
    },
    /// `SIGTERM`.
    STOP {
        @Override
        void strike(Cluster cluster, Member leader) {
            leader.stop();
        }

        @Override
        void mend(Member struck) {
            struck.restart();
        }
    },
    /// MoveLeader to one of the others.
    MOVE {
        @Override
        void strike(Cluster cluster, Member leader) {
            var others = cluster.others(leader);
            Member target = others.get(ThreadLocalRandom.current().nextInt(others.size()));
            var ignored = leader.client()
                    .maintenance()
                    .moveLeader(MoveLeaderRequest.newBuilder()
                            .setTargetID(Cluster.status(target).getHeader().getMemberId())
                            .build());
        }

        @Override
        void mend(Member struck) {
            // It follows already.
        }
    };

    abstract void strike(Cluster cluster, Member leader);

    abstract void mend(Member struck);

    private static void signal(Member member, String name) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(member.pid()))
                    .inheritIO()
                    .start();
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("kill -" + name + " " + member.pid() + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
