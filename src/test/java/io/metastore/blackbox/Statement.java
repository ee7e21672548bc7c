package io.metastore.blackbox;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/// Names the numbered statements of etcd's behaviour (`KVR-04`) that a test method proves. A statement is
/// covered when every test that names it passes. Ids that `statements.tsv` does not list fail the test.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@Repeatable(Statement.Several.class)
@ExtendWith(KnownStatements.class)
public @interface Statement {
    String[] value();

    /// Holds repeated annotations; not for direct use.
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.METHOD)
    @ExtendWith(KnownStatements.class)
    @interface Several {
        Statement[] value();
    }
}
