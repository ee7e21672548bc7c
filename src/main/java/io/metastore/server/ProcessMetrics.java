package io.metastore.server;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.ToDoubleFunction;
import org.jboss.logging.Logger;

/// What the operating system tells about this process, under the names that every Prometheus client uses (MET-25).
final class ProcessMetrics {
    private static final Logger LOG = Logger.getLogger(ProcessMetrics.class);
    private static final Path STATUS = Path.of("/proc/self/status");

    private ProcessMetrics() {}

    static void bind(TextFamilies families) {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            gauge(families, "os_fd_used", "File descriptors in use.", system, s -> s.getOpenFileDescriptorCount());
            gauge(families, "os_fd_limit", "File descriptors allowed.", system, s -> s.getMaxFileDescriptorCount());
            gauge(families, "process_open_fds", "File descriptors in use.", system, s -> s.getOpenFileDescriptorCount());
            gauge(families, "process_max_fds", "File descriptors allowed.", system, s -> s.getMaxFileDescriptorCount());
            families.counter(
                    "process_cpu_seconds_total",
                    "CPU time of this process, user and system.",
                    () -> system.getProcessCpuTime() / 1e9);
        }
        double started = ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3;
        families.gauge("process_start_time_seconds", "Start of this process, in seconds since 1970.", () -> started);
        if (Files.isReadable(STATUS)) {
            families.gauge(
                    "process_resident_memory_bytes", "Memory of this process in RAM.", () -> statusBytes("VmRSS:"));
            families.gauge("process_virtual_memory_bytes", "Address space in use.", () -> statusBytes("VmSize:"));
        }
    }

    private static void gauge(
            TextFamilies families,
            String name,
            String help,
            UnixOperatingSystemMXBean system,
            ToDoubleFunction<UnixOperatingSystemMXBean> value) {
        families.gauge(name, help, () -> value.applyAsDouble(system));
    }

    /// A line of the kernel's account of this process, such as `VmRSS:    1234 kB`.
    private static double statusBytes(String key) {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(key)) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024.0;
                }
            }
        } catch (IOException e) {
            LOG.debugf(e, "%s cannot be read", STATUS);
        }
        return Double.NaN;
    }
}
