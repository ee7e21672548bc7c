package io.metastore.server;

import com.sun.management.UnixOperatingSystemMXBean;
import io.metastore.api.http.HttpRequest;
import io.metastore.api.http.HttpResponse;
import io.metastore.api.http.HttpRoutes;
import io.metastore.api.http.JsonText;
import io.metastore.service.MemberStatus;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/// `/debug/vars`: what etcd publishes through Go's expvar, under the same names as far as they mean something here:
/// the command line, the limit of open files, memory, and how raft is doing.
final class DebugVars implements HttpRoutes.HttpRoute {
    private final Member member;

    DebugVars(Member member) {
        this.member = member;
    }

    @Override
    public CompletionStage<HttpResponse> answer(HttpRequest request) {
        String json = """
                {
                "cmdline": %s,
                "file_descriptor_limit": %d,
                "memstats": %s,
                "raft.status": %s
                }
                """.formatted(
                commandLine(), fileLimit(), memory(), raft(member.status().now()));
        return CompletableFuture.completedFuture(
                HttpResponse.of(200, "application/json; charset=utf-8", json.getBytes(StandardCharsets.UTF_8)));
    }

    private static String commandLine() {
        ProcessHandle.Info process = ProcessHandle.current().info();
        List<String> words = new ArrayList<>();
        process.command().ifPresent(words::add);
        process.arguments().ifPresent(arguments -> words.addAll(List.of(arguments)));
        return words.stream().map(JsonText::quoted).collect(Collectors.joining(",", "[", "]"));
    }

    private static long fileLimit() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? system.getMaxFileDescriptorCount()
                : 0;
    }

    private static String memory() {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        MemoryUsage other = ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage();
        long collections = ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .filter(count -> count > 0)
                .sum();
        return "{\"Alloc\":%d,\"Sys\":%d,\"HeapAlloc\":%d,\"HeapSys\":%d,\"HeapIdle\":%d,\"HeapInuse\":%d,\"NumGC\":%d}"
                .formatted(
                        heap.getUsed(),
                        heap.getCommitted() + other.getCommitted(),
                        heap.getUsed(),
                        heap.getCommitted(),
                        heap.getCommitted() - heap.getUsed(),
                        heap.getUsed(),
                        collections);
    }

    private String raft(MemberStatus.Now now) {
        return "{\"id\":\"%x\",\"term\":%d,\"commit\":%d,\"lead\":\"%x\",\"raftState\":\"%s\",\"applied\":%d}"
                .formatted(
                        member.identity().memberId(),
                        now.leadership().term(),
                        now.committedIndex(),
                        now.leadership().leader(),
                        now.leadership().isLeader() ? "StateLeader" : "StateFollower",
                        now.appliedIndex());
    }
}
