package io.metastore.server;

import io.metastore.cluster.Identity;
import io.metastore.cluster.Incarnation;
import io.metastore.consensus.jraft.CheckedText;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Whose a data directory is and which formats its files have: the file `identity`, of five lines and a checksum. It
/// lies
/// beside the state and never in it, since a state is copied between members.
///
/// ```
/// format 7
/// cluster cabfa7b72d326322
/// member 903b61f99025dc3f
/// incarnation 1
/// directory 5e1f0c2a77d4b390
/// ```
///
/// A sixth line, `joined`, says that the member was added to a cluster that was there before: its ids follow from no
/// configuration.
///
/// The directory's number is drawn when the file is made. It tells a member from an earlier one that had its id and
/// lost
/// its data: other members turn that one away.
final class IdentityFile {
    /// Of all files of a data directory together, rows of the state included. Raised with each change that an older
    /// program could not read; a program reads its own.
    ///
    /// 1: the identity was a row of the state. 2: rows had numbers of eight bytes, and small values stood in `keys`
    /// as well as in `log`. 3: entries of the log did not say where they come from, and members made themselves
    /// known with their peer addresses. 4: a data directory had no number of its own. 5: nothing said that a member
    /// was removed. 6: the state had no running hash.
    static final int FORMAT = 7;

    /// Of a member that has never lost its data.
    private static final int FIRST = 1;

    private static final String NAME = "identity";
    private static final String JOINED = "joined";
    private static final String OWN_VERSION =
            " use the version of the program that wrote it, or start on another data-dir and"
                    + " copy the keys over (etcdctl make-mirror)";

    private IdentityFile() {}

    /// Who runs on a data directory.
    ///
    /// @param joined whether the member was added to a cluster that was there before
    record Owner(Identity identity, Incarnation incarnation, boolean joined) {}

    /// Whose a data directory is, nothing when it is empty.
    ///
    /// @throws StartFailure  with what to do, when it is of another format
    /// @throws EngineFailure naming the file when it is damaged or cannot be read
    static Optional<Owner> find(DataDirectory directory) {
        Path file = directory.file(NAME);
        try {
            if (Files.exists(file)) {
                return Optional.of(owner(file, read(file)));
            }
            if (holdsFiles(directory.raft().resolve("log")) || holdsFiles(directory.state())) {
                throw new StartFailure(
                        ExitStatus.FOREIGN,
                        "the data directory holds a member, but not the file " + file
                                + " that says whose: its files are of format 1, from before there was one, or it was lost;"
                                + OWN_VERSION,
                        null);
            }
            return Optional.empty();
        } catch (IOException failure) {
            throw EngineFailure.ofReading("the file that says whose the data directory is", failure);
        }
    }

    /// Marks an empty data directory as a member's.
    ///
    /// @throws EngineFailure when the file cannot be written
    static Owner mark(DataDirectory directory, Identity self, boolean joined) {
        Owner owner = new Owner(self, new Incarnation(FIRST, draw()), joined);
        try {
            CheckedText.write(directory.file(NAME), text(owner));
        } catch (IOException failure) {
            throw EngineFailure.ofReading("the file that says whose the data directory is", failure);
        }
        return owner;
    }

    private static long draw() {
        SecureRandom random = new SecureRandom();
        long drawn = 0;
        while (drawn == 0) {
            drawn = random.nextLong();
        }
        return drawn;
    }

    private static String text(Owner owner) {
        return "format " + FORMAT + "\ncluster "
                + Long.toHexString(owner.identity().clusterId()) + "\nmember "
                + Long.toHexString(owner.identity().memberId()) + "\nincarnation "
                + owner.incarnation().number() + "\ndirectory "
                + Long.toHexString(owner.incarnation().directory()) + "\n" + (owner.joined() ? JOINED + "\n" : "");
    }

    private static Map<String, String> read(Path file) throws IOException {
        Map<String, String> words = new HashMap<>();
        for (String line : CheckedText.read(file).split("\n")) {
            int space = line.indexOf(' ');
            words.put(line.substring(0, Math.max(0, space)), line.substring(space + 1));
        }
        return words;
    }

    private static Owner owner(Path file, Map<String, String> words) {
        String format = words.getOrDefault("format", "nothing");
        if (!format.equals(Integer.toString(FORMAT))) {
            throw otherFormat(format);
        }
        try {
            return new Owner(
                    new Identity(
                            Long.parseUnsignedLong(word(file, words, "cluster"), 16),
                            Long.parseUnsignedLong(word(file, words, "member"), 16)),
                    new Incarnation(
                            Integer.parseInt(word(file, words, "incarnation")),
                            Long.parseUnsignedLong(word(file, words, "directory"), 16)),
                    words.containsValue(JOINED));
        } catch (NumberFormatException wrong) {
            throw new EngineFailure(EngineFailure.Kind.DAMAGED, file + " is damaged: " + wrong.getMessage(), wrong);
        }
    }

    private static String word(Path file, Map<String, String> words, String name) {
        String word = words.get(name);
        if (word == null) {
            throw new EngineFailure(EngineFailure.Kind.DAMAGED, file + " is damaged: it names no " + name, null);
        }
        return word;
    }

    private static StartFailure otherFormat(String format) {
        return new StartFailure(
                ExitStatus.FOREIGN,
                "the data directory has format " + format + ", this program knows format " + FORMAT + ";" + OWN_VERSION,
                null);
    }

    private static boolean holdsFiles(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isPresent();
        }
    }
}
