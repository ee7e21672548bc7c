package io.metastore.api.audit;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a request asks for, as an audit log may keep it: what is named here and nothing else, so that a field which is
/// added to the API later stays out until somebody has looked at it.
///
/// Keys are text in which bytes that are no ASCII stand as in a string of C: `caf\303\251`. Long keys are cut, and a
/// large transaction is cut after its first fields; `"cut": true` says so.
final class RequestFields {
    private static final int KEY_BYTES_MAX = 512;
    private static final int FIELDS_MAX = 256;

    /// Of keys, leases, accounts, members and maintenance. Never `value`, `password`, `hashedPassword` or a token.
    private static final Set<String> KEPT = Set.of(
            "key",
            "range_end",
            "lease",
            "ID",
            "TTL",
            "revision",
            "name",
            "user",
            "role",
            "perm",
            "permType",
            "options",
            "no_password",
            "compare",
            "success",
            "failure",
            "request_range",
            "request_put",
            "request_delete_range",
            "request_txn",
            "create_request",
            "cancel_request",
            "watch_id",
            "start_revision",
            "leader",
            "peerURLs",
            "isLearner",
            "action",
            "memberID",
            "alarm",
            "targetID",
            "version",
            "physical");

    private int left = FIELDS_MAX;
    private boolean cut;

    private RequestFields() {}

    static JsonObject of(Message request) {
        RequestFields fields = new RequestFields();
        JsonObject kept = fields.object(request);
        if (fields.cut) {
            kept.addProperty("cut", true);
        }
        return kept;
    }

    private JsonObject object(Message message) {
        JsonObject object = new JsonObject();
        for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
            String name = field.getKey().getName();
            if (KEPT.contains(name)) {
                object.add(name, element(field.getValue()));
            }
        }
        return object;
    }

    private JsonElement element(Object value) {
        if (left == 0) {
            cut = true;
            return new JsonPrimitive("...");
        }
        left--;
        return switch (value) {
            case List<?> elements -> array(elements);
            case Message message -> object(message);
            case ByteString bytes -> new JsonPrimitive(text(bytes));
            case Number number -> new JsonPrimitive(number);
            case Boolean truth -> new JsonPrimitive(truth);
            case EnumValueDescriptor constant -> new JsonPrimitive(constant.getName());
            default -> new JsonPrimitive(value.toString());
        };
    }

    private JsonArray array(List<?> elements) {
        JsonArray array = new JsonArray();
        for (Object element : elements) {
            if (left == 0) {
                cut = true;
                break;
            }
            array.add(element(element));
        }
        return array;
    }

    private String text(ByteString bytes) {
        if (bytes.size() <= KEY_BYTES_MAX) {
            return TextFormat.escapeBytes(bytes);
        }
        cut = true;
        return TextFormat.escapeBytes(bytes.substring(0, KEY_BYTES_MAX)) + "...";
    }
}
