package io.metastore.bench;

import java.lang.management.ManagementFactory;

/// The CPU time of this process: what the driver itself costs.
final class OwnCpu {
    private OwnCpu() {}

    /// User and system time of all threads (collector and compiler included) since the process began, in
    /// nanoseconds.
    static long nanos() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system) {
            return system.getProcessCpuTime();
        }
        return 0;
    }
}
