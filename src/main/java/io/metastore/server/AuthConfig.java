package io.metastore.server;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.WithDefault;

/// The part of {@link ServerConfig} that is about users, and how they prove who they are.
@RegisterForReflection // the help and the checks read it in a native executable too
@Section(value = "Users and permissions", order = 18)
public interface AuthConfig {
    @Setting("What callers get for their password: simple for tokens that members remember, or jwt with its options, as"
            + " in jwt,pub-key=FILE,priv-key=FILE,sign-method=RS256,ttl=10m.")
    @WithDefault("simple")
    String authToken();

    @Setting(value = "Seconds that a simple token lives while it is not used; 0: 300.", min = "0", max = "4294967295")
    @WithDefault("300")
    long authTokenTtl();

    @Setting(
            value =
                    "What it costs to hash or to compare a password, as a power of two: 4 takes a millisecond or two, each"
                            + " one more twice as long.",
            min = "4",
            max = "31")
    @WithDefault("10")
    int bcryptCost();
}
