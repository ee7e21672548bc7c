/// The calls of the gRPC services as JSON over HTTP, under etcd's paths.
package io.metastore.api.gateway;
