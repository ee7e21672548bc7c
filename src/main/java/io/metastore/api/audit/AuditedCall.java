package io.metastore.api.audit;

import com.google.gson.JsonObject;
import java.time.Instant;

/// One call for the audit log.
///
/// @param began    when this member took it
/// @param call     full name of the method, as in `etcdserverpb.KV/Put`
/// @param user     who called; empty for nobody, and while permissions are not checked
/// @param client   address that the call came from
/// @param request  what was asked for, without values, passwords and tokens; see [RequestFields]
/// @param revision of the store, as the answer's header has it; 0 without an answer
/// @param outcome  name of the status that the call ended with; `BEGUN` for a request on a stream that goes on
/// @param error    text of that status, empty when there is none
public record AuditedCall(
        Instant began,
        String call,
        String user,
        String client,
        JsonObject request,
        long revision,
        String outcome,
        String error) {
    /// One line of JSON, without the end of the line.
    public String json() {
        JsonObject line = new JsonObject();
        line.addProperty("time", began.toString());
        line.addProperty("call", call);
        line.addProperty("user", user);
        line.addProperty("client", client);
        line.add("request", request);
        if (revision != 0) {
            line.addProperty("revision", revision);
        }
        line.addProperty("outcome", outcome);
        if (!error.isEmpty()) {
            line.addProperty("error", error);
        }
        return line.toString();
    }
}
