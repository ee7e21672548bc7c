package io.metastore.simulation;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardOpenOption;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The seam below everything that writes through [Path] and [FileChannel]: a file system whose paths are those of the
/// real one, and whose changes a [SimulatedDisk] is told of. A path's text is that of the real one.
final class FollowedFiles extends FileSystem {
    private static final FileSystem REAL = FileSystems.getDefault();

    private final Provider provider;

    FollowedFiles(SimulatedDisk disk) {
        this.provider = new Provider(disk);
    }

    /// The real path, followed.
    Path path(Path real) {
        return (Path) Proxy.newProxyInstance(
                FollowedFiles.class.getClassLoader(),
                new Class<?>[] {Path.class},
                (_, method, arguments) -> call(real, method, arguments));
    }

    private Object call(Path real, Method method, Object[] arguments) throws Throwable {
        if (method.getName().equals("getFileSystem")) {
            return this;
        }
        Object[] unwrapped = arguments == null ? null : arguments.clone();
        for (int i = 0; unwrapped != null && i < unwrapped.length; i++) {
            unwrapped[i] = unwrapped[i] instanceof Path path ? real(path) : unwrapped[i];
        }
        Object result;
        try {
            result = method.invoke(real, unwrapped);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
        return result instanceof Path path ? path(path) : result;
    }

    private static Path real(Path path) {
        return path.getFileSystem() instanceof FollowedFiles ? Path.of(path.toString()) : path;
    }

    @Override
    public FileSystemProvider provider() {
        return provider;
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException("it has no end");
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public boolean isReadOnly() {
        return false;
    }

    @Override
    public String getSeparator() {
        return REAL.getSeparator();
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        return List.of(path(Path.of("/")));
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        return REAL.getFileStores();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return REAL.supportedFileAttributeViews();
    }

    @Override
    public Path getPath(String first, String... more) {
        return path(Path.of(first, more));
    }

    @Override
    public PathMatcher getPathMatcher(String pattern) {
        return path -> REAL.getPathMatcher(pattern).matches(real(path));
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        return REAL.getUserPrincipalLookupService();
    }

    @Override
    public WatchService newWatchService() {
        throw new UnsupportedOperationException("nobody watches files");
    }

    private final class Provider extends FileSystemProvider {
        private final FileSystemProvider below = REAL.provider();
        private final SimulatedDisk disk;

        private Provider(SimulatedDisk disk) {
            this.disk = disk;
        }

        @Override
        public String getScheme() {
            return "followed";
        }

        @Override
        public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
            throw new UnsupportedOperationException("made by its disk");
        }

        @Override
        public FileSystem getFileSystem(URI uri) {
            return FollowedFiles.this;
        }

        @Override
        public Path getPath(URI uri) {
            return path(Path.of(uri));
        }

        @Override
        public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
                throws IOException {
            Path file = real(path);
            if (options.contains(StandardOpenOption.TRUNCATE_EXISTING) && Files.exists(file) && Files.size(file) > 0) {
                disk.delete(file); // what it held may come back
            }
            List<FileChannel> opened = new ArrayList<>();
            if (options.contains(StandardOpenOption.CREATE) || options.contains(StandardOpenOption.CREATE_NEW)) {
                disk.create(file, () -> opened.add(below.newFileChannel(file, options, attributes)));
            } else {
                opened.add(below.newFileChannel(file, options, attributes));
            }
            return new FollowedChannel(disk, file, opened.getFirst());
        }

        @Override
        public SeekableByteChannel newByteChannel(
                Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
            return newFileChannel(path, options, attributes);
        }

        @Override
        public DirectoryStream<Path> newDirectoryStream(Path folder, DirectoryStream.Filter<? super Path> filter)
                throws IOException {
            List<Path> found = new ArrayList<>();
            try (DirectoryStream<Path> all = below.newDirectoryStream(real(folder), _ -> true)) {
                for (Path file : all) {
                    if (filter.accept(path(file))) {
                        found.add(path(file));
                    }
                }
            }
            return new DirectoryStream<>() {
                @Override
                public java.util.Iterator<Path> iterator() {
                    return found.iterator();
                }

                @Override
                public void close() {
                    // All was read before.
                }
            };
        }

        @Override
        public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
            disk.create(real(folder), () -> below.createDirectory(real(folder), attributes));
        }

        @Override
        public void createLink(Path link, Path existing) throws IOException {
            disk.create(real(link), () -> below.createLink(real(link), real(existing)));
        }

        @Override
        public void delete(Path file) throws IOException {
            disk.delete(real(file));
        }

        @Override
        public void copy(Path from, Path to, CopyOption... options) {
            throw new UnsupportedOperationException("nobody copies within a disk");
        }

        @Override
        public void move(Path from, Path to, CopyOption... options) throws IOException {
            disk.move(real(from), real(to));
        }

        @Override
        public boolean isSameFile(Path one, Path other) throws IOException {
            return below.isSameFile(real(one), real(other));
        }

        @Override
        public boolean isHidden(Path file) throws IOException {
            return below.isHidden(real(file));
        }

        @Override
        public FileStore getFileStore(Path file) throws IOException {
            return below.getFileStore(real(file));
        }

        @Override
        public void checkAccess(Path file, AccessMode... modes) throws IOException {
            below.checkAccess(real(file), modes);
        }

        @Override
        public <V extends FileAttributeView> V getFileAttributeView(Path file, Class<V> type, LinkOption... options) {
            return below.getFileAttributeView(real(file), type, options);
        }

        @Override
        public <A extends BasicFileAttributes> A readAttributes(Path file, Class<A> type, LinkOption... options)
                throws IOException {
            return below.readAttributes(real(file), type, options);
        }

        @Override
        public Map<String, Object> readAttributes(Path file, String attributes, LinkOption... options)
                throws IOException {
            return below.readAttributes(real(file), attributes, options);
        }

        @Override
        public void setAttribute(Path file, String attribute, Object value, LinkOption... options) throws IOException {
            below.setAttribute(real(file), attribute, value, options);
        }
    }
}
