package io.metastore.blackbox;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/// Marks a class of tests that know a member only by its network interface. Its methods may take a [Member], a
/// [Client] and [Keys] as parameters.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@ExtendWith(Members.class)
@Tag("blackbox")
@Timeout(120)
public @interface BlackBox {}
