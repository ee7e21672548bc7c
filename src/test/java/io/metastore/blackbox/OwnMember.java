package io.metastore.blackbox;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Asks for a fresh member with an empty store instead of the one that all tests share: on a method for that
/// method (all invocations of a parametrised test together), on a class for its methods together.
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface OwnMember {
    /// Further flags of etcd's command line, as `--max-txn-ops=4`.
    String[] value() default {};
}
