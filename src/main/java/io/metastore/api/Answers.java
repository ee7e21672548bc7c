package io.metastore.api;

import io.metastore.machine.Outcome;
import io.metastore.service.Denied;
import io.metastore.service.KvService;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;
import java.util.function.Function;
import java.util.function.Supplier;

/// From outcomes to what a gRPC call ends with.
final class Answers {
    private Answers() {}

    /// Answers with `response` of what was done; refusals and failures end the call with their status.
    static <R, T> Uni<T> of(Uni<Outcome<R>> outcome, Function<R, T> response) {
        return outcome.map(ended -> switch (ended) {
                    case Outcome.Done<R>(R result) -> response.apply(result);
                    case Outcome.Refused<R>(var error) -> throw new RefusedRequest(error);
                })
                .onFailure()
                .transform(GrpcErrors::grpc);
    }

    /// Runs `call`, whose checks of the request may refuse it at once.
    static <T> Uni<T> checked(Supplier<Uni<T>> call) {
        try {
            return call.get().onFailure().transform(GrpcErrors::grpc);
        } catch (RefusedRequest | Denied refused) {
            return Uni.createFrom().failure(GrpcErrors.grpc(refused));
        }
    }

    /// Raises the alarm and refuses (ALM-02).
    static <T> Uni<T> noSpace(KvService kv) {
        return kv.raiseNoSpace()
                .<T>flatMap(_ -> Uni.createFrom().failure(new RefusedRequest(StoreError.NO_SPACE)))
                .onFailure()
                .transform(GrpcErrors::grpc);
    }
}
