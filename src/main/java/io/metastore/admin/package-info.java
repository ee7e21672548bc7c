/// The verbs of `metastore cluster`: clients that look at a cluster and change it, by etcd's API alone.
package io.metastore.admin;
