package io.metastore.server;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithParentName;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Everything that can be set about a server: the one tree that flags, environment, file and `-D` properties
/// fill.
///
/// Keys that etcd has too bear etcd's names and stand at the top level (`metastore.quota-backend-bytes`);
/// MetaStore's own
/// stand in groups (`metastore.batch.commands`). What each key does, its default and its limits is said in its
/// {@link Setting}, where the help and the checks find it as well. Values that follow from several keys, and
/// zeros that stand for a default, are worked out by {@link EffectiveConfig}.
@RegisterForReflection // the help and the checks read it in a native executable too
@ConfigMapping(prefix = "metastore")
public interface ServerConfig {
    @WithParentName
    Member member();

    @WithParentName
    Listen listen();

    @WithParentName
    Cluster cluster();

    @WithParentName
    Limits limits();

    @WithParentName
    Compaction compaction();

    @WithParentName
    Tls tls();

    @WithParentName
    PeerTlsConfig peerTls();

    @WithParentName
    AuthConfig auth();

    @WithParentName
    Logging logging();

    Batch batch();

    Queue queue();

    Apply apply();

    Snapshot snapshot();

    Storage storage();

    Rocksdb rocksdb();

    Read read();

    WatchConfig watch();

    DiskConfig disk();

    AuditConfig audit();

    ProcessConfig process();

    @Section(value = "Member", order = 1)
    interface Member {
        @Setting("Name of this member, for people and for initial-cluster.")
        @WithDefault("default")
        String name();

        @Setting(
                value = "Folder that holds all state of this member. It is created with access for its owner only.",
                fallback = "<name>.etcd in the working directory")
        @WithDefault("${metastore.name}.etcd")
        String dataDir();

        @Setting(
                value = "Applied commands after which a snapshot is taken; 0: only the bytes of log count"
                        + " (snapshot.log-bytes).",
                min = "0")
        @WithDefault("0")
        long snapshotCount();

        @Setting(
                value = "Time between the heartbeats of a leader. A bare number means milliseconds.",
                min = "1ms",
                max = "10s")
        @WithConverter(MillisConverter.class)
        @WithDefault("100ms")
        Duration heartbeatInterval();

        @Setting(
                value = "Time without a leader after which a member stands for election: at least five heartbeat"
                        + " intervals. A bare number means milliseconds.",
                min = "5ms",
                max = "50s")
        @WithConverter(MillisConverter.class)
        @WithDefault("1s")
        Duration electionTimeout();
    }

    @Section(value = "Addresses", order = 2)
    interface Listen {
        @Setting(
                "Addresses that clients reach this member at: scheme http or https, an IP address or localhost, a port."
                        + " One port may be named with both schemes and speaks both then.")
        @WithDefault("http://localhost:2379")
        List<URI> listenClientUrls();

        @Setting(
                value = "Client addresses told to others. Should be set when listen-client-urls names all interfaces,"
                        + " which is no address that others can reach.",
                fallback = "listen-client-urls")
        @WithDefault("${metastore.listen-client-urls}")
        List<URI> advertiseClientUrls();

        @Setting(
                "Addresses that other members reach this member at: scheme http or https, an IP address or localhost, a"
                        + " port. A cluster of one member does not listen there.")
        @WithDefault("http://localhost:2380")
        List<URI> listenPeerUrls();

        @Setting(
                "Addresses for metrics and health without client TLS; unset: they are served at the client addresses only.")
        Optional<List<URI>> listenMetricsUrls();

        @Setting("Addresses for HTTP alone; listen-client-urls speak gRPC alone then. Unset: both are spoken at each of"
                + " those.")
        Optional<List<URI>> listenClientHttpUrls();

        @Setting("Serve the calls as JSON over HTTP below /v3/ at the client addresses.")
        @WithDefault("true")
        boolean enableGrpcGateway();

        @Setting("Origins whose scripts a browser lets read the answers over HTTP; *: all.")
        @WithDefault("*")
        List<String> cors();

        @Setting("Hosts that a plain HTTP request may be meant for; *: all.")
        @WithDefault("*")
        List<String> hostWhitelist();
    }

    @Section(value = "Cluster", order = 3)
    interface Cluster {
        @Setting("Peer addresses of this member told to others.")
        @WithDefault("http://localhost:2380")
        List<URI> initialAdvertisePeerUrls();

        @Setting(
                value = "All members of a new cluster, as name=peer-url, joined by commas. Must name this member with"
                        + " its initial-advertise-peer-urls.",
                fallback = "<name>=<initial-advertise-peer-urls>")
        Optional<String> initialCluster();

        @Setting(
                value =
                        "Whether a member without data founds the cluster that initial-cluster names, or joins one that is"
                                + " there and has added it.",
                choices = {"new", "existing"})
        @WithDefault("new")
        String initialClusterState();

        @Setting("Distinguishes clusters that were started from the same initial-cluster.")
        @WithDefault("etcd-cluster")
        String initialClusterToken();

        @Setting(value = "Most members without a vote at a time.", min = "0")
        @WithDefault("1")
        int maxLearners();

        @Setting("Refuse changes of the members that leave too few of them started or connected.")
        @WithDefault("true")
        boolean strictReconfigCheck();

        @Setting(
                "Go on with the data of this member alone, when a majority is lost for good: all others are taken out of"
                        + " the cluster. For one start; none of the others may run.")
        @WithDefault("false")
        boolean forceNewCluster();
    }

    @Section(value = "Limits", order = 4)
    interface Limits {
        @Setting("Size of the stored state at which writes are refused; 0: 2 GiB; negative: no limit.")
        @WithConverter(BytesConverter.class)
        @WithDefault("0")
        long quotaBackendBytes();

        @Setting(
                value =
                        "Largest write accepted, 512 MiB at most; a message may be 512 KiB larger. The queue of writes holds"
                                + " one of that size, whatever queue.bytes says.",
                min = "1")
        @WithConverter(BytesConverter.class)
        @WithDefault("1572864")
        long maxRequestBytes();

        @Setting(value = "Most operations in one branch of a transaction.", min = "0")
        @WithDefault("128")
        long maxTxnOps();

        @Setting(value = "Most calls at once on one connection; 0: no limit.", min = "0", max = "4294967295")
        @WithDefault("4294967295")
        long maxConcurrentStreams();

        @Setting("Shortest time allowed between two pings of a client; faster clients are cut off.")
        @WithConverter(DurationConverter.class)
        @WithDefault("5s")
        Duration grpcKeepaliveMinTime();

        @Setting("Time without traffic after which the server pings a client; 0 or less: never.")
        @WithConverter(DurationConverter.class)
        @WithDefault("2h")
        Duration grpcKeepaliveInterval();

        @Setting("Time that a pinged client has to answer before its connection is closed; 0 or less: 20s.")
        @WithConverter(DurationConverter.class)
        @WithDefault("20s")
        Duration grpcKeepaliveTimeout();

        @Setting("Time between progress notices to a quiet watcher that asked for them; 0 or less: 10m.")
        @WithConverter(DurationConverter.class)
        @WithDefault("10m")
        Duration watchProgressNotifyInterval();

        @Setting("Applying one chunk for longer than this is logged.")
        @WithConverter(DurationConverter.class)
        @WithDefault("100ms")
        Duration warningApplyDuration();

        @Setting("A call that takes longer than this is logged.")
        @WithConverter(DurationConverter.class)
        @WithDefault("300ms")
        Duration warningUnaryRequestDuration();
    }

    @Section(value = "Compaction", order = 5)
    interface Compaction {
        @Setting(
                value = "How auto-compaction-retention counts.",
                choices = {"periodic", "revision"})
        @WithDefault("periodic")
        String autoCompactionMode();

        @Setting(
                "History to keep: a duration (a bare number means hours) or, by revision, a number of revisions; 0: off.")
        @WithDefault("0")
        String autoCompactionRetention();

        @Setting(
                "Revisions removed in one step of background collection, a million at most; 0: 1000; negative: a million.")
        @WithDefault("1000")
        long compactionBatchLimit();

        @Setting("Pause between two steps of background collection; 0: 10ms; negative: none.")
        @WithConverter(DurationConverter.class)
        @WithDefault("10ms")
        Duration compactionSleepInterval();
    }

    @Section(value = "TLS for clients", order = 6)
    interface Tls {
        @Setting("PEM file with the server's certificate and its chain.")
        Optional<String> certFile();

        @Setting("PEM file with the server's private key.")
        Optional<String> keyFile();

        @Setting("Demand a certificate of every client, signed by trusted-ca-file.")
        @WithDefault("false")
        boolean clientCertAuth();

        @Setting("PEM file with the authorities whose client certificates are believed.")
        Optional<String> trustedCaFile();

        @Setting("File with the client certificates that were revoked.")
        Optional<String> clientCrlFile();

        @Setting("Host names of which a client certificate must bear one.")
        Optional<List<String>> clientCertAllowedHostname();

        @Setting("Make a certificate of its own when none is given; for trials.")
        @WithDefault("false")
        boolean autoTls();

        @Setting(
                value = "Years that a certificate made by auto-tls or peer-auto-tls is valid.",
                min = "0",
                max = "7900")
        @WithDefault("1")
        int selfSignedCertValidity();

        @Setting(
                value = "Oldest TLS version accepted, of clients and of members.",
                choices = {"TLS1.2", "TLS1.3"})
        @WithDefault("TLS1.2")
        String tlsMinVersion();

        @Setting(
                value = "Newest TLS version accepted, of clients and of members.",
                choices = {"TLS1.2", "TLS1.3"},
                fallback = "the newest there is")
        Optional<String> tlsMaxVersion();

        @Setting(value = "Names of the cipher suites for TLS 1.2, joined by commas.", fallback = "the runtime's choice")
        Optional<List<String>> cipherSuites();
    }

    @Section(value = "Logging and metrics", order = 8)
    interface Logging {
        @Setting(
                value = "Least severe messages that are logged.",
                choices = {"debug", "info", "warn", "warning", "error", "dpanic", "panic", "fatal"})
        @WithDefault("info")
        String logLevel();

        @Setting("Where log lines go, joined by commas: default (the same as stderr), stderr, stdout, or files.")
        @WithDefault("default")
        List<String> logOutputs();

        @Setting(
                value = "Form of log lines: one line of text per record. json is accepted and prints text too, with a"
                        + " warning, until it is there.",
                choices = {"console", "json"})
        @WithDefault("console")
        String logFormat();

        @Setting("Detail of metrics: basic, or extensive, which adds histograms of gRPC handling time.")
        @WithDefault("basic")
        String metrics();
    }

    @Section(value = "Batching of writes", order = 9)
    interface Batch {
        @Setting("Put many commands into one entry of the raft log. Off: each command is an entry of its own.")
        @WithDefault("true")
        boolean enabled();

        @Setting(value = "Most commands in one entry.", min = "1", max = "10000")
        @WithDefault("100")
        int commands();

        @Setting(
                value = "Longest wait for a batch to fill. Nobody waits while no earlier batch is in flight.",
                min = "0",
                max = "10s")
        @WithConverter(DurationConverter.class)
        @WithDefault("1ms")
        Duration time();

        @Setting(
                value = "Size at which a batch is closed. A single larger command still travels, alone.",
                min = "1KiB",
                max = "64MiB")
        @WithConverter(BytesConverter.class)
        @WithDefault("256KiB")
        long bytes();

        @Setting(value = "Most entries proposed and not yet applied.", min = "1", max = "1024")
        @WithDefault("8")
        int inflightEntries();

        @Setting(value = "Most bytes proposed and not yet applied.", min = "64KiB", max = "1GiB")
        @WithConverter(BytesConverter.class)
        @WithDefault("4MiB")
        long inflightBytes();
    }

    @Section(value = "Queue of writes", order = 10)
    interface Queue {
        @Setting(
                value = "Most writes accepted and not yet applied; more are refused at once.",
                min = "1",
                max = "1000000")
        @WithDefault("10000")
        int commands();

        @Setting(value = "Most bytes of writes accepted and not yet applied.", min = "64KiB", max = "16GiB")
        @WithConverter(BytesConverter.class)
        @WithDefault("64MiB")
        long bytes();
    }

    @Section(value = "Applying", order = 11)
    interface Apply {
        @Setting(
                value = "Commands after which a chunk of committed entries is written and published.",
                min = "1",
                max = "100000")
        @WithDefault("1000")
        int chunkCommands();

        @Setting(
                value = "Bytes after which a chunk of committed entries is written and published.",
                min = "64KiB",
                max = "1GiB")
        @WithConverter(BytesConverter.class)
        @WithDefault("4MiB")
        long chunkBytes();
    }

    @Section(value = "Snapshots", order = 12)
    interface Snapshot {
        @Setting(
                value = "Bytes of raft log after which a snapshot is taken and the log is cut.",
                min = "1MiB",
                max = "1TiB")
        @WithConverter(BytesConverter.class)
        @WithDefault("256MiB")
        long logBytes();

        @Setting(
                value = "Bytes of raft log that the next snapshot waits for while a follower that answers is behind"
                        + " the last one: it catches up by the log then, and needs no copy of all data. 0: none.",
                min = "0",
                max = "1TiB")
        @WithConverter(BytesConverter.class)
        @WithDefault("2GiB")
        long followerLogBytes();
    }

    @Section(value = "Storage", order = 13)
    interface Storage {
        String ROCKSDB = "rocksdb";
        String MEMORY = "memory";

        @Setting(
                value =
                        "Where the state lives: in files of RocksDB, or in the heap, from where it goes to disk in the raft"
                                + " log and its snapshots alone. A data directory may change from one to the other.",
                choices = {ROCKSDB, MEMORY})
        @WithDefault(ROCKSDB)
        String engine();

        @Setting(
                value =
                        "Trees that each of the large tables is cut into in memory. More make a write cheaper and a range"
                                + " read dearer.",
                min = "1",
                max = "64")
        @WithDefault("16")
        int memoryShards();
    }

    @Section(value = "Storage", order = 13)
    interface Rocksdb {
        @Setting(value = "Memory for blocks that were read, shared by all tables.", min = "1MiB", max = "1TiB")
        @WithConverter(BytesConverter.class)
        @WithDefault("4MiB")
        long blockCacheBytes();

        @Setting(
                value = "Memory for writes that are not in table files yet, all tables together.",
                min = "1MiB",
                max = "64GiB")
        @WithConverter(BytesConverter.class)
        @WithDefault("8MiB")
        long memtableBytes();
    }

    @Section(value = "Reads", order = 14)
    interface Read {
        @Setting(
                value = "Threads for reads that may wait for the disk; 0: one per processor, at least two.",
                min = "0",
                max = "1024")
        @WithDefault("0")
        int threads();

        @Setting(
                value = "Bytes of large responses that may be in memory at once, until clients have taken them; further"
                        + " reads wait their turn, and a response that needs more is refused. 0: a quarter of the"
                        + " largest heap.",
                min = "0",
                max = "1TiB")
        @WithConverter(BytesConverter.class)
        @WithDefault("0")
        long responseBudgetBytes();

        @Setting(
                value = "Time that a client has to take a response of more than 64 KiB, or a portion of a RangeStream,"
                        + " and as long again for each 64 MiB of it; then the call is cancelled.",
                min = "1s",
                max = "24h")
        @WithConverter(DurationConverter.class)
        @WithDefault("1m")
        Duration clientPatience();
    }
}
