package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Thousands of writers over gRPC: batches grow, and the queue's limits hold. `-Dmetastore.load.seconds=` sets how
/// long each load lasts.
@BlackBox
@DisabledIf(value = "io.metastore.blackbox.MemberTarget#isEtcd", disabledReason = "limits and metrics of MetaStore")
class ManyWritersIT {
    private static final Duration TIME = Duration.ofSeconds(Long.getLong("metastore.load.seconds", 3));
    private static final int MOST_PUTS = 5_000_000;

    /// A thousand writers of whom each waits for its answer fill batches of up to 100 commands. Far below what an
    /// idle machine shows, far above what there is without batching.
    private static final double LEAST_MEAN = 10;

    private static final int MOST_ROUNDS = 8;
    private static final int QUEUE_COMMANDS = 1_000;
    private static final int QUEUE_BYTES = 256 * 1024;

    @Test
    @OwnMember
    void aThousandWritersShareEntries(Member member, Keys keys) {
        // Compiled code first: an interpreter is slower than the disk and keeps batches small.
        Writers.run(new Writers.Load(1_000, 20, 128, MOST_PUTS, TIME), member, Keys.fresh());
        Scrape before = Scrape.parse(member.metrics());

        Writers writers = Writers.run(new Writers.Load(1_000, 20, 128, MOST_PUTS, TIME), member, keys);

        Scrape after = Scrape.parse(member.metrics());
        long commands = grown(before, after, "metastore_batch_commands_sum");
        long batches = grown(before, after, "metastore_batch_commands_count");
        double mean = (double) commands / batches;
        System.out.printf(
                "1,000 writers: %,d puts in %s, %,d entries, mean batch %.1f commands, entries since the start by reason %s%n",
                writers.acknowledged(), TIME, batches, mean, reasons(after));
        assertEquals(0, writers.refused());
        assertEquals(List.of(), writers.discrepancies(member.client()));
        assertEquals(writers.acknowledged(), commands);
        assertEquals(batches, grown(before, after, "metastore_batch_closed_total"), () -> "reasons " + reasons(after));
        assertTrue(mean >= LEAST_MEAN, () -> "mean batch of " + mean + " commands");
    }

    private static long grown(Scrape before, Scrape after, String name) {
        return after.count(name) - before.count(name);
    }

    private static List<String> reasons(Scrape page) {
        return page.samples().entrySet().stream()
                .filter(sample -> sample.getKey().startsWith("metastore_batch_closed_total{"))
                .map(sample ->
                        sample.getKey().replaceAll(".*reason=\"(\\w+)\".*", "$1") + "=" + Math.round(sample.getValue()))
                .sorted()
                .toList();
    }

    /// Small values reach the limit in commands, large ones the limit in bytes.
    @ParameterizedTest
    @CsvSource({"64,commands", "1024,bytes"})
    @OwnMember({
        "--metastore.queue.commands=" + QUEUE_COMMANDS,
        "--metastore.queue.bytes=" + QUEUE_BYTES,
        "--max-request-bytes=" + QUEUE_BYTES / 4
    })
    void fiveThousandWritersStayWithinTheQueuesLimits(int valueBytes, String limit, Member member) {
        long revision = member.client().revision();
        long refusedBefore = Scrape.parse(member.metrics()).count("metastore_queue_refused_total");

        List<Writers> rounds = new ArrayList<>();
        QueueSampler.Peak peak;
        try (QueueSampler sampler = QueueSampler.start(member)) {
            // The first round may be too slow to fill anything: code has to be compiled on both sides.
            while (rounds.size() < MOST_ROUNDS && !(refused(rounds) > 0 && reached(limit, sampler.peak()))) {
                rounds.add(Writers.run(new Writers.Load(5_000, 50, valueBytes, MOST_PUTS, TIME), member, Keys.fresh()));
            }
            peak = sampler.stop();
        }

        long acknowledged = rounds.stream().mapToLong(Writers::acknowledged).sum();
        System.out.printf(
                "5,000 writers of %d bytes: %,d puts acknowledged, %,d refused in %d times %s; %s%n",
                valueBytes, acknowledged, refused(rounds), rounds.size(), TIME, peak);
        assertTrue(peak.samples() >= 5, peak::toString);
        assertTrue(peak.outstanding() <= QUEUE_COMMANDS, peak::toString);
        assertTrue(peak.bytes() <= QUEUE_BYTES, peak::toString);
        // The limit that this load aims at was really reached, or the two lines above would say nothing.
        assertTrue(reached(limit, peak), peak::toString);
        assertTrue(refused(rounds) > 0, "nothing was refused");
        assertEquals(
                refused(rounds), Scrape.parse(member.metrics()).count("metastore_queue_refused_total") - refusedBefore);
        for (Writers writers : rounds) {
            assertEquals(List.of(), writers.discrepancies(member.client()));
        }
        assertEquals(revision + acknowledged, member.client().revision());
    }

    private static long refused(List<Writers> rounds) {
        return rounds.stream().mapToLong(Writers::refused).sum();
    }

    private static boolean reached(String limit, QueueSampler.Peak peak) {
        return limit.equals("commands") ? peak.outstanding() > QUEUE_COMMANDS * 0.9 : peak.bytes() > QUEUE_BYTES * 0.9;
    }
}
