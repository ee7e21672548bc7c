package io.metastore.server.tls;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/// Writes X.509 certificates, which the runtime can read and not make. Keys are elliptic.
///
/// @param subject   common name
/// @param publicKey of the subject
/// @param addresses IP addresses that the certificate is for, 4 or 16 bytes each
/// @param hosts     DNS names that it is for
/// @param authority whether the subject may sign certificates
record CertificateForm(
        String subject,
        PublicKey publicKey,
        List<byte[]> addresses,
        List<String> hosts,
        BigInteger serial,
        Instant from,
        Instant to,
        boolean authority) {
    static final byte[] ECDSA_SHA256 = Der.sequence(Der.oid("1.2.840.10045.4.3.2"));

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final byte[] TRUE = Der.value(0x01, new byte[] {(byte) 0xff});
    private static final int VERSION_TAG = 0xa0;
    private static final int EXTENSIONS_TAG = 0xa3;
    private static final int DNS_TAG = 0x82;
    private static final int IP_TAG = 0x87;

    static byte[] name(String commonName) {
        return Der.sequence(
                Der.value(Der.SET, Der.sequence(Der.oid("2.5.4.3"), Der.text(Der.UTF8_STRING, commonName))));
    }

    static byte[] time(Instant instant) {
        return Der.text(Der.GENERALIZED_TIME, TIME.format(instant));
    }

    /// The certificate, signed by `issuer` with `key`.
    X509Certificate signedBy(String issuer, PrivateKey key) throws GeneralSecurityException {
        byte[] form = Der.sequence(
                Der.value(VERSION_TAG, Der.value(Der.INTEGER, new byte[] {2})),
                Der.value(Der.INTEGER, serial.toByteArray()),
                ECDSA_SHA256,
                name(issuer),
                Der.sequence(time(from), time(to)),
                name(subject),
                publicKey.getEncoded(),
                Der.value(EXTENSIONS_TAG, extensions()));
        byte[] signed = signed(form, key);
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(signed));
    }

    /// `form` with the signature of `key` behind it, as certificates and lists of revoked ones have it.
    static byte[] signed(byte[] form, PrivateKey key) throws GeneralSecurityException {
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        signature.update(form);
        return Der.sequence(form, ECDSA_SHA256, Der.bits(signature.sign()));
    }

    private byte[] extensions() {
        List<byte[]> extensions = new ArrayList<>();
        extensions.add(extension("2.5.29.19", authority ? Der.sequence(TRUE) : Der.sequence()));
        // Digital signature; an authority signs certificates and lists of revoked ones as well.
        byte[] usage = {(byte) (authority ? 1 : 7), (byte) (authority ? 0x86 : 0x80)};
        extensions.add(extension("2.5.29.15", Der.value(Der.BIT_STRING, usage)));
        if (!authority) {
            extensions.add(extension(
                    "2.5.29.37", Der.sequence(Der.oid("1.3.6.1.5.5.7.3.1"), Der.oid("1.3.6.1.5.5.7.3.2"))));
        }
        List<byte[]> names = new ArrayList<>();
        addresses.forEach(address -> names.add(Der.value(IP_TAG, address)));
        hosts.forEach(host -> names.add(Der.text(DNS_TAG, host)));
        if (!names.isEmpty()) {
            extensions.add(extension("2.5.29.17", Der.sequence(names.toArray(byte[][]::new))));
        }
        return Der.sequence(extensions.toArray(byte[][]::new));
    }

    private static byte[] extension(String oid, byte[] content) {
        return Der.sequence(Der.oid(oid), Der.value(Der.OCTET_STRING, content));
    }
}
