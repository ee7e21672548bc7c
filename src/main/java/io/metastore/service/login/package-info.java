/// How callers prove who they are: with a password once, and with a token from then on.
package io.metastore.service.login;
