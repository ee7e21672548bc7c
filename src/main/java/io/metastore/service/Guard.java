package io.metastore.service;

/// Decides whether what is read from a view may be answered. Each guard belongs to one request, whose reads run one
/// after the other on any thread.
public interface Guard {
    /// Lets everybody read.
    Guard NONE = new Guard() {
        @Override
        public void before() {}

        @Override
        public void after() {}
    };

    /// Called before anything is read, with everything applied that the read has to see.
    ///
    /// @throws Denied when it may not be read
    void before();

    /// Called once it has been read.
    ///
    /// @throws Denied when permissions have changed meanwhile (AUT-26)
    void after();

    /// `read` between the two.
    default <T> Reading.Read<T> around(Reading.Read<T> read) {
        if (this == NONE) {
            return read;
        }
        return new Reading.Read<>() {
            @Override
            public T from(io.metastore.mvcc.View view) {
                before();
                T found = read.from(view);
                after();
                return found;
            }

            @Override
            public void failed() {
                read.failed();
            }
        };
    }
}
