package io.metastore.server;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// What a person needs to know about one key of {@link ServerConfig}. The help, `docs/configuration.md` and
/// the checks at the start all read it from here, so that no limit is written down twice.
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Setting {
    /// What the key does, in one to three plain sentences.
    String value();

    /// Smallest value allowed, written as a user would write it; empty: no lower limit.
    String min() default "";

    /// Largest value allowed, written as a user would write it; empty: no upper limit.
    String max() default "";

    /// The only words allowed; empty: anything.
    String[] choices() default {};

    /// Says in words what the default is where that is not a constant.
    String fallback() default "";

    /// True when the value must never be printed.
    boolean secret() default false;
}
