package controlplane

// Options say how a cluster is to be.
type Options struct {
	Dir     string // where its data and logs go, an absolute path
	Address string // that the API server listens on; empty: the loopback address, which no Pod reaches
	Users   []User // who get a kubeconfig, besides the admin
}

// User is somebody whom the cluster's authority vouches for.
type User struct {
	Name       string
	Groups     []string
	Kubeconfig string // the file to write, in a directory that exists
}

// address is the address of the API server.
func (o Options) address() string {
	if o.Address == "" {
		return loopback
	}
	return o.Address
}
