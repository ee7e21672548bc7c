package io.metastore.api.audit;

import io.grpc.Status;
import io.metastore.api.GrpcErrors;
import io.metastore.value.StoreError;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What tells that a caller was turned away for who it is. The codes alone do not: a call without a token is called an
/// invalid argument.
final class Refusals {
    private static final Set<String> TEXTS = Stream.of(
                    StoreError.PERMISSION_DENIED,
                    StoreError.INVALID_AUTH_TOKEN,
                    StoreError.USER_EMPTY,
                    StoreError.AUTH_OLD_REVISION,
                    StoreError.AUTH_FAILED)
            .map(error -> GrpcErrors.status(error).getDescription())
            .collect(Collectors.toUnmodifiableSet());

    private Refusals() {}

    static boolean isOne(Status status) {
        return !status.isOk() && status.getDescription() != null && TEXTS.contains(status.getDescription());
    }
}
