package controlplane

import (
	"fmt"
	"net"
	"strconv"
)

// loopback is the address that everything listens on, unless Options has another for the API server: the cluster is nobody's
// business but this machine's.
const loopback = "127.0.0.1"

// ports are the TCP ports of the servers.
type ports struct{ etcdClient, etcdPeer, apiServer int }

// freePorts picks ports that nothing listens on at this moment. Another process may take one before its server does; whoever
// starts the servers has to expect that.
func freePorts() (ports, error) {
	var p ports
	for _, port := range []*int{&p.etcdClient, &p.etcdPeer, &p.apiServer} {
		listener, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
		if err != nil {
			return ports{}, fmt.Errorf("find a free port: %w", err)
		}
		// All stay open until each is found, or one port could be found twice.
		defer func() { _ = listener.Close() }()
		*port = listener.Addr().(*net.TCPAddr).Port
	}
	return p, nil
}

// url is the URL of a port on an address.
func url(scheme, address string, port int) string {
	return scheme + "://" + net.JoinHostPort(address, strconv.Itoa(port))
}
