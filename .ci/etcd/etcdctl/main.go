// etcd's client for people, which has to work on MetaStore unchanged.
package main

import "go.etcd.io/etcd/etcdctl/v3/ctlv3"

func main() {
	ctlv3.MustStart()
}
