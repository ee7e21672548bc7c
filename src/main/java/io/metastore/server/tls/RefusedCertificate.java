package io.metastore.server.tls;

import java.security.cert.CertificateException;
import java.util.Optional;

/// A certificate that is not let in. The message is a sentence that says who showed it, whose it is and why it
/// is refused; nothing below it says more.
public final class RefusedCertificate extends CertificateException {
    private static final long serialVersionUID = 1;

    /// @param cause may be null
    RefusedCertificate(String sentence, Throwable cause) {
        super(sentence, cause);
    }

    /// The refusal that ended a handshake, if one did.
    public static Optional<RefusedCertificate> in(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RefusedCertificate refused) {
                return Optional.of(refused);
            }
        }
        return Optional.empty();
    }
}
