package io.metastore.value;

/// Where a change stands in history: the main revision of its request, and its place within the request.
///
/// A transaction that puts `a` and deletes `b` and `c` at main revision 7 makes 7.0, 7.1 and 7.2 (TXN-21).
public record Revision(long main, long sub) implements Comparable<Revision> {
    @Override
    public int compareTo(Revision other) {
        int byMain = Long.compare(main, other.main);
        return byMain != 0 ? byMain : Long.compare(sub, other.sub);
    }

    @Override
    public String toString() {
        return main + "." + sub;
    }
}
