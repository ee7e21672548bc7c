package io.metastore.service;

/// The answer to a request takes more memory than this member gives to all responses together.
public final class ResponseTooLarge extends RuntimeException {
    /// @param size  bytes that were found to be needed, maybe not the last
    /// @param limit bytes that there are
    ResponseTooLarge(long size, long limit) {
        super(
                "metastore: the response needs at least " + size + " bytes of memory and more than " + limit
                        + " are never given out (read.response-budget-bytes): ask for less at a time with limit, or use"
                        + " RangeStream",
                null,
                false,
                false);
    }
}
