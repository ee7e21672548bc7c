/// What programs that call a server share: where it is, how the connection is secured, who calls.
package io.metastore.client;
