// Package harness is what the repository's Go tests stand on: a real Kubernetes control plane for each test binary, the
// programs under test as built binaries, and the servers they talk to as child processes. Everything it starts ends with the
// test binary, however that ends.
//
// It holds no test of the product and no knowledge of ExternalSecrets beyond where their CRDs are. How a cluster is built and
// run belongs to the program in test/cluster, which this package only launches.
package harness
