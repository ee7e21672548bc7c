package io.metastore.consensus.log;

/// How long the files of the log are: a member that writes little keeps a small log.
///
/// @param first sectors of the first file; each next one has twice as many
/// @param full  sectors of all files from some number on; only these are used again
public record SegmentSizes(int first, int full) {
    /// 1 MiB, 2, 4, 8, and 16 MiB from then on.
    public static final SegmentSizes DEFAULT = new SegmentSizes(1 << 11, 1 << 15);

    int of(long number) {
        int sectors = first;
        for (long i = 1; i < number && sectors < full; i++) {
            sectors *= 2;
        }
        return Math.min(sectors, full);
    }
}
