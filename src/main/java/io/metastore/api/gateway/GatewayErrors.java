package io.metastore.api.gateway;

import io.grpc.Status;
import io.metastore.api.http.HttpResponse;
import io.metastore.api.http.JsonText;

/// How the end of a call is told over HTTP.
final class GatewayErrors {
    private GatewayErrors() {}

    /// Why a call has ended: the request that could not be read, or what the service says.
    static Status reason(Status end) {
        return end.getCause() instanceof JsonMessages.Malformed malformed
                ? Status.INVALID_ARGUMENT.withDescription(malformed.getMessage())
                : end;
    }

    /// @param stream whether the call would have answered with lines
    static HttpResponse answer(Status status, boolean stream) {
        return HttpResponse.json(HttpCodes.of(status.getCode()), text(status, stream));
    }

    /// An error as JSON.
    static String text(Status status, boolean stream) {
        String text = status.getDescription() == null ? "" : status.getDescription();
        String error = "{\"code\":" + status.getCode().value() + ",\"message\":" + JsonText.quoted(text) + "}";
        return stream ? "{\"error\":" + error + "}" : error;
    }
}
