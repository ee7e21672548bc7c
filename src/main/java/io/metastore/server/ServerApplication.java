package io.metastore.server;

import io.metastore.engine.EngineFailure;
import io.metastore.mvcc.CorruptRow;
import io.metastore.server.tls.TlsFailure;
import io.metastore.thread.Threads;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// The server once its configuration is known to be good: runs until the process is asked to stop.
@ApplicationScoped
public class ServerApplication implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(ServerApplication.class);
    /// Time that calls under way have to end when the server stops.
    private static final Duration GRACE = Duration.ofSeconds(2);
    /// As in etcd (CLU-19).
    private static final Duration LEAVES_AFTER = Duration.ofSeconds(1);

    private final ServerConfig config;
    private final PrometheusMeterRegistry registry;

    /// Null before the member serves: a start is not waited for.
    private volatile CountDownLatch serving;

    public ServerApplication(ServerConfig config, PrometheusMeterRegistry registry) {
        this.config = config;
        this.registry = registry;
    }

    @Override
    public int run(String... arguments) throws InterruptedException, IOException {
        try {
            serve();
            return 0;
        } catch (StartFailure failure) {
            return refuse(failure.status(), failure.getMessage());
        } catch (EngineFailure failure) {
            StartFailure explained = StartFailure.of(failure);
            return refuse(explained.status(), explained.getMessage());
        } catch (ListenFailure failure) {
            return refuse(ExitStatus.ADDRESS, failure.getMessage());
        } catch (CorruptRow failure) {
            return refuse(ExitStatus.DAMAGED, failure.getMessage());
        } catch (TlsFailure failure) {
            return refuse(ExitStatus.FAILED, failure.getMessage());
        }
    }

    private void serve() throws InterruptedException, IOException, TlsFailure {
        StartCache.leftOut().ifPresent(LOG::warn);
        HaltOnFault faults = new HaltOnFault();
        Threads.haltOnUncaught(faults);
        if (config.process().endWithStdin()) {
            Starter.accompany(faults);
        }
        Member member = new Member(config, registry, faults);
        MemberPorts ports = new MemberPorts(member, new Serving(member).services(), registry, registry::scrape);
        ports.openMetrics();
        member.start();
        ports.openClients();
        LOG.infof("ready to serve client requests on %s", config.listen().listenClientUrls());
        CountDownLatch closed = new CountDownLatch(1);
        serving = closed;
        member.farewell().why().thenAccept(ServerApplication::leave);
        try {
            Quarkus.waitForExit();
            LOG.info("stopping");
            member.handOver();
            ports.stop(GRACE);
            member.close();
        } finally {
            closed.countDown();
        }
    }

    /// Stops a member that was removed, a moment later: whoever asked for it, maybe here, is to get its answer.
    private static void leave(String why) {
        LOG.warnf("%s; it stops", why);
        CompletableFuture.delayedExecutor(LEAVES_AFTER.toMillis(), TimeUnit.MILLISECONDS)
                .execute(Quarkus::asyncExit);
    }

    /// Keeps the process from ending before the member is closed: Quarkus asks the main thread to come to its end and
    /// does not wait for it. Else an orderly stop would leave the state as a crash does.
    void stopping(@Observes ShutdownEvent event) throws InterruptedException {
        CountDownLatch closed = serving;
        if (closed != null) {
            closed.await();
        }
    }

    /// Ends the process at once. What a member has begun is not taken down in order: a start that failed has
    /// acknowledged nothing, what is on disk is as safe as in a crash, and taking down what is half built can
    /// hang.
    private static int refuse(ExitStatus status, String message) {
        LOG.errorf("the member cannot start: %s", message);
        System.err.println("metastore: the member cannot start: " + message);
        System.err.flush();
        Runtime.getRuntime().halt(status.code());
        return status.code();
    }
}
