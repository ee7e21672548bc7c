package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.util.NamedThreadFactory;
import com.alipay.sofa.jraft.util.SPI;
import com.alipay.sofa.jraft.util.timer.DefaultRaftTimerFactory;
import com.alipay.sofa.jraft.util.timer.HashedWheelTimer;
import com.alipay.sofa.jraft.util.timer.Timer;
import java.util.concurrent.TimeUnit;

/// Timers that tick every 10 ms instead of every millisecond. JRaft keeps four of them per member, and
/// elections and heartbeats are counted in hundreds of milliseconds: the finer tick only cost an idle member
/// 6 % of a core.
@SPI(name = "coarse", priority = 10)
public final class CoarseTimerFactory extends DefaultRaftTimerFactory {
    private static final long TICK_MS = 10;
    private static final int WHEEL_SLOTS = 512;

    @Override
    public Timer createTimer(String name) {
        return new HashedWheelTimer(new NamedThreadFactory(name, true), TICK_MS, TimeUnit.MILLISECONDS, WHEEL_SLOTS);
    }
}
