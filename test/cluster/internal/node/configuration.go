package node

import (
	"fmt"
	"os"
	"path/filepath"
)

// Place is where on a machine the node lives.
type Place struct {
	Address string // of the node
	Pods    string // the range that Pods get their addresses from
}

// writeConfigurations writes the files that containerd, the kubelet and the CNI plugins read.
func writeConfigurations(files layout, tools Tools, place Place, caFile string) error {
	for path, content := range map[string]string{
		files.containerdConfig():                         containerdConfig(files, tools),
		files.kubeletConfig():                            kubeletConfig(files, caFile),
		filepath.Join(files.networks(), "pods.conflist"): networkConfig(place),
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return fmt.Errorf("write the configuration of the node: %w", err)
		}
	}
	return nil
}

// containerdConfig keeps containerd to directories of its own. Its state is in the private /run of the sandbox.
func containerdConfig(files layout, tools Tools) string {
	return fmt.Sprintf(`version = 2
root = %q
state = "/run/containerd"
[grpc]
  address = %q
[plugins."io.containerd.internal.v1.opt"]
  path = %q
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  # Neither AppArmor nor a score below its own is to be had everywhere.
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    # It needs nothing of the file system; images here are small.
    snapshotter = "native"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = %q
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = %q
    conf_dir = %q
`, files.at("containerd"), files.socket(), files.at("opt"), pauseImage, tools.bin("runc"), filepath.Join(tools.Dir, "cni"), files.networks())
}

// networkConfig puts Pods on a bridge that is their way out. Nothing is translated: the host has a route back.
func networkConfig(place Place) string {
	return fmt.Sprintf(`{
  "cniVersion": "0.4.0",
  "name": "pods",
  "plugins": [{
    "type": "bridge",
    "bridge": "pods0",
    "isGateway": true,
    "ipam": {"type": "host-local", "ranges": [[{"subnet": %q}]], "routes": [{"dst": "0.0.0.0/0"}]}
  }]
}
`, place.Pods)
}

// kubeletConfig has the kubelet put up with cgroups of version 1, with swap and with a disk as full as it may be.
func kubeletConfig(files layout, caFile string) string {
	return fmt.Sprintf(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: %q}
authorization: {mode: Webhook}
containerRuntimeEndpoint: %q
podLogsDir: %q
volumePluginDir: %q
failCgroupV1: false
failSwapOn: false
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
localStorageCapacityIsolation: false
resolvConf: ""
# Nobody answers there, which is what Pods find out at once; without it each of them gets a warning.
clusterDNS: [10.96.0.10]
# How soon a Secret that changes shows in a Pod that has it mounted.
syncFrequency: 5s
evictionHard: {memory.available: 0%%, nodefs.available: 0%%, nodefs.inodesFree: 0%%, imagefs.available: 0%%}
`, caFile, "unix://"+files.socket(), files.at("pod-logs"), files.at("volume-plugins"))
}
