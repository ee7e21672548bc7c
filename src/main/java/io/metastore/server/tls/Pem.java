package io.metastore.server.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Files of PEM blocks.
final class Pem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----", Pattern.DOTALL);

    private Pem() {}

    /// @param label what stands behind BEGIN
    record Block(String label, byte[] der) {}

    static byte[] read(TlsFile file) throws TlsFailure {
        try {
            return Files.readAllBytes(file.path());
        } catch (NoSuchFileException e) {
            throw file.refused("does not exist", e);
        } catch (AccessDeniedException e) {
            throw file.refused("may not be read by this user", e);
        } catch (IOException e) {
            throw file.refused("cannot be read: " + e.getMessage(), e);
        }
    }

    static List<Block> blocks(TlsFile file) throws TlsFailure {
        Matcher found = BLOCK.matcher(new String(read(file), StandardCharsets.ISO_8859_1));
        List<Block> blocks = new ArrayList<>();
        while (found.find()) {
            // Some old key files have header lines such as Proc-Type before the data.
            String data =
                    found.group(2).replaceAll("(?m)^[A-Za-z0-9-]+:.*$", "").replaceAll("\\s", "");
            try {
                blocks.add(new Block(
                        found.group(2).contains("ENCRYPTED") ? "ENCRYPTED PRIVATE KEY" : found.group(1),
                        Base64.getDecoder().decode(data)));
            } catch (IllegalArgumentException e) {
                throw file.refused("has a damaged " + found.group(1), e);
            }
        }
        return blocks;
    }

    static List<X509Certificate> certificates(TlsFile file) throws TlsFailure {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks(file)) {
            if (block.label().endsWith("CERTIFICATE")) {
                try {
                    certificates.add((X509Certificate) CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(block.der())));
                } catch (CertificateException e) {
                    throw file.refused("has a damaged certificate: " + e.getMessage(), e);
                }
            }
        }
        if (certificates.isEmpty()) {
            throw file.refused("holds no certificate in PEM form", null);
        }
        return certificates;
    }

    static List<X509CRL> revocations(TlsFile file) throws TlsFailure {
        try {
            List<X509CRL> lists = new ArrayList<>();
            CertificateFactory.getInstance("X.509")
                    .generateCRLs(new ByteArrayInputStream(read(file)))
                    .forEach(list -> lists.add((X509CRL) list));
            if (lists.isEmpty()) {
                throw file.refused("holds no list of revoked certificates", null);
            }
            return lists;
        } catch (CertificateException | CRLException e) {
            throw file.refused("is no list of revoked certificates: " + e.getMessage(), e);
        }
    }
}
