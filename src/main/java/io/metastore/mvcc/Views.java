package io.metastore.mvcc;

/// Where the newest published state is found. Any thread.
public interface Views extends History.Source {
    /// The newest published state. Close it: until then all that it shows can be read, whatever takes its place.
    View view();

    /// How far the log is applied, and the revisions that belong to it.
    StateRow state();

    @Override
    default History open() {
        return view();
    }
}
