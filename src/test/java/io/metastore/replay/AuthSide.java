package io.metastore.replay;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.collect.Comparators;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.authpb.Permission;
import io.metastore.api.etcd.etcdserverpb.AuthGrpc;
import io.metastore.api.etcd.etcdserverpb.AuthRoleGetResponse;
import io.metastore.api.etcd.etcdserverpb.AuthenticateRequest;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Member;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// One server of an [AuthReplayIT], with those who are logged in at it.
final class AuthSide implements AutoCloseable {
    private final Member member;
    private final Map<String, Client> loggedIn = new HashMap<>();

    /// @param member closed with this
    AuthSide(Member member) {
        this.member = member;
    }

    /// Runs a step; yields what is to be the same everywhere: the reply, or how it was refused.
    String play(AuthScript.Step step) {
        try {
            if (step instanceof AuthScript.Step.LogIn(String user, String password)) {
                String token = AuthGrpc.newBlockingStub(member.client().channel())
                        .withDeadlineAfter(30, TimeUnit.SECONDS)
                        .authenticate(AuthenticateRequest.newBuilder()
                                .setName(user)
                                .setPassword(password)
                                .build())
                        .getToken();
                Client former = loggedIn.put(user, Client.withToken(member.endpoint(), token));
                if (former != null) {
                    former.close();
                }
                return token.isEmpty() ? "no token" : "a token";
            }
            AuthScript.Step.Call call = (AuthScript.Step.Call) step;
            Client client = loggedIn.getOrDefault(call.who(), member.client());
            return text(call.call().run(client));
        } catch (StatusRuntimeException refused) {
            return "REFUSED " + refused.getStatus().getDescription();
        }
    }

    /// Without what is each server's own, and permissions of a role that have the same key in one order: etcd sorts
    /// them
    /// by key (AUT-34), with a sort that leaves such ones in any order when there are more than twelve.
    private static String text(Message answer) {
        Message reply = answer instanceof AuthRoleGetResponse role ? evened(role) : answer;
        FieldDescriptor header = reply.getDescriptorForType().findFieldByName("header");
        if (header == null || !reply.hasField(header)) {
            return reply.toString();
        }
        Message own = (Message) reply.getField(header);
        Message.Builder bare = own.toBuilder();
        for (String field : new String[] {"cluster_id", "member_id", "raft_term"}) {
            bare.clearField(own.getDescriptorForType().findFieldByName(field));
        }
        return reply.toBuilder().setField(header, bare.build()).build().toString();
    }

    private static AuthRoleGetResponse evened(AuthRoleGetResponse role) {
        Comparator<Permission> byKey =
                Comparator.comparing(Permission::getKey, ByteString.unsignedLexicographicalComparator());
        assertTrue(Comparators.isInOrder(role.getPermList(), byKey), role::toString);
        List<Permission> permissions = new ArrayList<>(role.getPermList());
        permissions.sort(byKey.thenComparing(Permission::toString));
        return role.toBuilder().clearPerm().addAllPerm(permissions).build();
    }

    @Override
    public void close() {
        loggedIn.values().forEach(Client::close);
        member.close();
    }
}
