package io.metastore.machine;

import com.google.protobuf.ByteString;
import io.metastore.auth.AuthChange;
import io.metastore.auth.Principal;
import io.metastore.cluster.Alarm;
import io.metastore.cluster.Incarnation;
import io.metastore.cluster.Member;
import io.metastore.cluster.MemberChange;
import io.metastore.machine.replicated.AlarmChange;
import io.metastore.machine.replicated.ClusterStart;
import io.metastore.machine.replicated.Compact;
import io.metastore.machine.replicated.DeleteRange;
import io.metastore.machine.replicated.LeaseGrant;
import io.metastore.machine.replicated.LeaseRevoke;
import io.metastore.machine.replicated.MemberAdd;
import io.metastore.machine.replicated.MemberPromote;
import io.metastore.machine.replicated.MemberPublish;
import io.metastore.machine.replicated.MemberRemove;
import io.metastore.machine.replicated.MemberUpdate;
import io.metastore.machine.replicated.Put;
import io.metastore.machine.replicated.Range;
import io.metastore.machine.replicated.StartMember;
import io.metastore.machine.replicated.Txn;
import io.metastore.mvcc.RangeQuery;
import io.metastore.value.KeyRange;
import java.util.List;

/// Commands as the messages of replicated.proto. Exhaustive both ways: what is encoded is decoded to an equal
/// command.
public final class CommandCodec {
    private CommandCodec() {}

    public static byte[] encode(Command<?> command) {
        return message(command).build().toByteArray();
    }

    private static io.metastore.machine.replicated.Command.Builder message(Command<?> command) {
        var builder = io.metastore.machine.replicated.Command.newBuilder();
        switch (command) {
            case Command.As<?> as -> {
                return message(as.command())
                        .setPrincipal(as.who().user())
                        .setAuthRevision(as.who().revision());
            }
            case Command.Put put -> builder.setPut(put(put));
            case Command.DeleteRange delete -> builder.setDeleteRange(delete(delete));
            case Command.Txn txn -> builder.setTxn(txn(txn));
            case Command.Compact compact ->
                builder.setCompact(Compact.newBuilder().setRevision(compact.revision()));
            case Command.LeaseGrant grant ->
                builder.setLeaseGrant(LeaseGrant.newBuilder().setId(grant.id()).setTtlSeconds(grant.ttlSeconds()));
            case Command.LeaseRevoke revoke ->
                builder.setLeaseRevoke(
                        LeaseRevoke.newBuilder().setId(revoke.id()).setGrantIndex(revoke.grantIndex()));
            case Command.AlarmChange change ->
                builder.setAlarmChange(AlarmChange.newBuilder()
                        .setRaise(change.raise())
                        .setMemberId(change.alarm().memberId())
                        .setType(change.alarm().type().number()));
            case Command.ClusterStart start ->
                builder.setClusterStart(ClusterStart.newBuilder()
                        .addAllMembers(start.members().stream()
                                .map(CommandCodec::member)
                                .toList()));
            case Command.MemberPublish publish ->
                builder.setMemberPublish(MemberPublish.newBuilder()
                        .setId(publish.id())
                        .setName(publish.name())
                        .addAllClientUrls(publish.clientUrls())
                        .setIncarnation(publish.incarnation().number())
                        .setDirectory(publish.incarnation().directory())
                        .setFeatureLevel(publish.featureLevel()));
            case Command.ChangeMembers(MemberChange change) -> encode(change, builder);
            case Command.ChangeAuth(AuthChange change) -> builder.setAuthChange(AuthCodec.encode(change));
        }
        return builder;
    }

    static Command<?> decode(io.metastore.machine.replicated.Command message) {
        Command<?> plain = plain(message);
        return message.getAuthRevision() == 0
                ? plain
                : new Command.As<>(new Principal(message.getPrincipal(), message.getAuthRevision()), plain);
    }

    private static Command<?> plain(io.metastore.machine.replicated.Command message) {
        return switch (message.getCommandCase()) {
            case PUT -> put(message.getPut());
            case DELETE_RANGE -> delete(message.getDeleteRange());
            case TXN -> txn(message.getTxn());
            case COMPACT -> new Command.Compact(message.getCompact().getRevision());
            case LEASE_GRANT ->
                new Command.LeaseGrant(
                        message.getLeaseGrant().getId(), message.getLeaseGrant().getTtlSeconds());
            case LEASE_REVOKE ->
                new Command.LeaseRevoke(
                        message.getLeaseRevoke().getId(),
                        message.getLeaseRevoke().getGrantIndex());
            case ALARM_CHANGE -> alarm(message.getAlarmChange());
            case CLUSTER_START ->
                new Command.ClusterStart(message.getClusterStart().getMembersList().stream()
                        .map(CommandCodec::member)
                        .toList());
            case MEMBER_PUBLISH ->
                new Command.MemberPublish(
                        message.getMemberPublish().getId(),
                        message.getMemberPublish().getName(),
                        List.copyOf(message.getMemberPublish().getClientUrlsList()),
                        new Incarnation(
                                message.getMemberPublish().getIncarnation(),
                                message.getMemberPublish().getDirectory()),
                        message.getMemberPublish().getFeatureLevel());
            case MEMBER_ADD ->
                new Command.ChangeMembers(new MemberChange.Add(
                        message.getMemberAdd().getId(),
                        List.copyOf(message.getMemberAdd().getPeerUrlsList()),
                        message.getMemberAdd().getLearner(),
                        message.getMemberAdd().getLearnersMax(),
                        message.getMemberAdd().getStrict()));
            case MEMBER_REMOVE ->
                new Command.ChangeMembers(new MemberChange.Remove(
                        message.getMemberRemove().getId(),
                        message.getMemberRemove().getStrict()));
            case MEMBER_UPDATE ->
                new Command.ChangeMembers(new MemberChange.Update(
                        message.getMemberUpdate().getId(),
                        List.copyOf(message.getMemberUpdate().getPeerUrlsList())));
            case MEMBER_PROMOTE ->
                new Command.ChangeMembers(new MemberChange.Promote(
                        message.getMemberPromote().getId(),
                        message.getMemberPromote().getStrict()));
            case AUTH_CHANGE -> new Command.ChangeAuth(AuthCodec.decode(message.getAuthChange()));
            case COMMAND_NOT_SET -> throw new MalformedEntry("it holds a command of an unknown kind", null);
        };
    }

    private static void encode(MemberChange change, io.metastore.machine.replicated.Command.Builder builder) {
        switch (change) {
            case MemberChange.Add add ->
                builder.setMemberAdd(MemberAdd.newBuilder()
                        .setId(add.id())
                        .addAllPeerUrls(add.peerUrls())
                        .setLearner(add.learner())
                        .setLearnersMax(add.learnersMax())
                        .setStrict(add.strict()));
            case MemberChange.Remove remove ->
                builder.setMemberRemove(
                        MemberRemove.newBuilder().setId(remove.id()).setStrict(remove.strict()));
            case MemberChange.Update update ->
                builder.setMemberUpdate(
                        MemberUpdate.newBuilder().setId(update.id()).addAllPeerUrls(update.peerUrls()));
            case MemberChange.Promote promote ->
                builder.setMemberPromote(
                        MemberPromote.newBuilder().setId(promote.id()).setStrict(promote.strict()));
        }
    }

    private static Command.AlarmChange alarm(AlarmChange change) {
        return new Command.AlarmChange(change.getRaise(), new Alarm(change.getMemberId(), alarmType(change.getType())));
    }

    private static Alarm.Type alarmType(int number) {
        for (Alarm.Type type : Alarm.Type.values()) {
            if (type.number() == number) {
                return type;
            }
        }
        throw new MalformedEntry("it holds an alarm of unknown number " + number, null);
    }

    private static StartMember member(Member member) {
        return StartMember.newBuilder()
                .setId(member.id())
                .setName(member.name())
                .addAllPeerUrls(member.peerUrls())
                .addAllClientUrls(member.clientUrls())
                .setLearner(member.learner())
                .build();
    }

    private static Member member(StartMember message) {
        return new Member(
                message.getId(),
                message.getName(),
                List.copyOf(message.getPeerUrlsList()),
                List.copyOf(message.getClientUrlsList()),
                message.getLearner(),
                Incarnation.UNKNOWN,
                0);
    }

    private static Put put(Command.Put put) {
        return Put.newBuilder()
                .setKey(ProtobufBytes.of(put.key()))
                .setValue(ProtobufBytes.of(put.value()))
                .setLease(put.lease())
                .setPrevKv(put.previous())
                .setIgnoreValue(put.ignoreValue())
                .setIgnoreLease(put.ignoreLease())
                .build();
    }

    private static Command.Put put(Put message) {
        return new Command.Put(
                ProtobufBytes.of(message.getKey()),
                ProtobufBytes.of(message.getValue()),
                message.getLease(),
                message.getPrevKv(),
                message.getIgnoreValue(),
                message.getIgnoreLease());
    }

    private static DeleteRange delete(Command.DeleteRange delete) {
        return DeleteRange.newBuilder()
                .setRange(range(delete.range()))
                .setPrevKv(delete.previous())
                .build();
    }

    private static Command.DeleteRange delete(DeleteRange message) {
        return new Command.DeleteRange(range(message.getRange()), message.getPrevKv());
    }

    private static Txn txn(Command.Txn txn) {
        Txn.Builder builder = Txn.newBuilder();
        txn.compares().forEach(compare -> builder.addCompares(compare(compare)));
        txn.success().forEach(operation -> builder.addSuccess(operation(operation)));
        txn.failure().forEach(operation -> builder.addFailure(operation(operation)));
        return builder.build();
    }

    private static Command.Txn txn(Txn message) {
        return new Command.Txn(
                message.getComparesList().stream().map(CommandCodec::compare).toList(),
                message.getSuccessList().stream().map(CommandCodec::operation).toList(),
                message.getFailureList().stream().map(CommandCodec::operation).toList());
    }

    private static io.metastore.machine.replicated.Compare compare(Compare compare) {
        return io.metastore.machine.replicated.Compare.newBuilder()
                .setRange(range(compare.range()))
                .setTarget(compare.target().ordinal())
                .setRelation(compare.relation().ordinal())
                .setNumber(compare.number())
                .setValue(ProtobufBytes.of(compare.value()))
                .build();
    }

    private static Compare compare(io.metastore.machine.replicated.Compare message) {
        return new Compare(
                range(message.getRange()),
                constant(Compare.Target.values(), message.getTarget()),
                constant(Compare.Relation.values(), message.getRelation()),
                message.getNumber(),
                ProtobufBytes.of(message.getValue()));
    }

    private static io.metastore.machine.replicated.Operation operation(Operation operation) {
        var builder = io.metastore.machine.replicated.Operation.newBuilder();
        switch (operation) {
            case Operation.Range range -> builder.setRange(query(range.query()));
            case Operation.Put put -> builder.setPut(put(put.put()));
            case Operation.Delete delete -> builder.setDeleteRange(delete(delete.delete()));
            case Operation.Nested nested -> builder.setTxn(txn(nested.txn()));
        }
        return builder.build();
    }

    private static Operation operation(io.metastore.machine.replicated.Operation message) {
        return switch (message.getOperationCase()) {
            case RANGE -> new Operation.Range(query(message.getRange()));
            case PUT -> new Operation.Put(put(message.getPut()));
            case DELETE_RANGE -> new Operation.Delete(delete(message.getDeleteRange()));
            case TXN -> new Operation.Nested(txn(message.getTxn()));
            case OPERATION_NOT_SET ->
                throw new MalformedEntry("a transaction in it holds an operation of an unknown kind", null);
        };
    }

    private static Range query(RangeQuery query) {
        return Range.newBuilder()
                .setRange(range(query.range()))
                .setRevision(query.revision())
                .setLimit(query.limit())
                .setDetail(query.detail().ordinal())
                .setDirection(query.order().direction().ordinal())
                .setTarget(query.order().target().ordinal())
                .setMinModRevision(query.filter().minMod())
                .setMaxModRevision(query.filter().maxMod())
                .setMinCreateRevision(query.filter().minCreate())
                .setMaxCreateRevision(query.filter().maxCreate())
                .build();
    }

    private static RangeQuery query(Range message) {
        return new RangeQuery(
                range(message.getRange()),
                message.getRevision(),
                message.getLimit(),
                constant(RangeQuery.Detail.values(), message.getDetail()),
                new RangeQuery.Order(
                        constant(RangeQuery.Direction.values(), message.getDirection()),
                        constant(RangeQuery.Target.values(), message.getTarget())),
                new RangeQuery.Filter(
                        message.getMinModRevision(),
                        message.getMaxModRevision(),
                        message.getMinCreateRevision(),
                        message.getMaxCreateRevision()));
    }

    private static io.metastore.machine.replicated.KeyRange range(KeyRange range) {
        return io.metastore.machine.replicated.KeyRange.newBuilder()
                .setStart(ProtobufBytes.of(range.start()))
                .setEnd(range.isUnbounded() ? ByteString.EMPTY : ProtobufBytes.of(range.end()))
                .setUnbounded(range.isUnbounded())
                .build();
    }

    private static KeyRange range(io.metastore.machine.replicated.KeyRange message) {
        return new KeyRange(
                ProtobufBytes.of(message.getStart()),
                message.getUnbounded() ? null : ProtobufBytes.of(message.getEnd()));
    }

    /// Constants are written by their place in the enum, which golden files hold fast.
    private static <E> E constant(E[] constants, int ordinal) {
        if (ordinal < 0 || ordinal >= constants.length) {
            throw new MalformedEntry("it holds number " + ordinal + " where " + constants.length + " are known", null);
        }
        return constants[ordinal];
    }
}
