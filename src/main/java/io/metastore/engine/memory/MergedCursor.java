package io.metastore.engine.memory;

import io.metastore.engine.Cursor;
import java.util.Arrays;

/// Walks the same range of several trees with different keys, in one order: a heap of cursors, the one with the
/// smallest key on top.
final class MergedCursor implements Cursor {
    private final Cursor[] heap;
    private int size;
    private boolean begun;

    /// @param shards taken over, none begun
    MergedCursor(Cursor[] shards) {
        heap = shards.clone();
    }

    @Override
    public boolean next() {
        if (!begun) {
            begun = true;
            gather();
        } else if (size > 0) {
            if (!heap[0].next()) {
                size--;
                swap(0, size);
            }
            sink(0);
        }
        return size > 0;
    }

    private void gather() {
        size = heap.length;
        for (int i = 0; i < size; ) {
            if (heap[i].next()) {
                i++;
            } else {
                size--;
                swap(i, size);
            }
        }
        for (int i = size / 2 - 1; i >= 0; i--) {
            sink(i);
        }
    }

    private void sink(int from) {
        int place = from;
        while (true) {
            int least = place;
            for (int child = 2 * place + 1; child <= 2 * place + 2; child++) {
                if (child < size && Arrays.compareUnsigned(heap[child].key(), heap[least].key()) < 0) {
                    least = child;
                }
            }
            if (least == place) {
                return;
            }
            swap(place, least);
            place = least;
        }
    }

    private void swap(int one, int other) {
        Cursor cursor = heap[one];
        heap[one] = heap[other];
        heap[other] = cursor;
    }

    @Override
    public void skipTo(byte[] key) {
        for (Cursor cursor : heap) {
            cursor.skipTo(key);
        }
        begun = false;
    }

    @Override
    public byte[] key() {
        return heap[0].key();
    }

    @Override
    public byte[] value() {
        return heap[0].value();
    }

    @Override
    public byte[] value(int most) {
        return heap[0].value(most);
    }

    @Override
    public void close() {
        for (Cursor cursor : heap) {
            cursor.close();
        }
    }
}
