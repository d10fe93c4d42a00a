package node

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// layout is where the parts of the node are under the cluster's directory.
type layout struct{ dir string }

func (l layout) top() string                   { return filepath.Join(l.dir, "node") }
func (l layout) at(name string) string         { return filepath.Join(l.top(), name) }
func (l layout) socket() string                { return l.at("containerd.sock") }
func (l layout) containerdConfig() string      { return l.at("containerd.toml") }
func (l layout) kubeletConfig() string         { return l.at("kubelet.yaml") }
func (l layout) kubeletRoot() string           { return l.at("kubelet") }
func (l layout) networks() string              { return l.at("cni") }
func (l layout) kubeconfig(user string) string { return l.at(user + ".kubeconfig") }
func (l layout) log(program string) string     { return filepath.Join(l.dir, "logs", program+".log") }

// reset makes the node's directory as empty as for a first start.
func (l layout) reset() error {
	if err := os.RemoveAll(l.top()); err != nil {
		return fmt.Errorf("remove what an earlier node has left: %w", err)
	}
	if err := os.MkdirAll(l.networks(), 0o700); err != nil {
		return fmt.Errorf("make the directory of the node: %w", err)
	}
	return nil
}

// Tools are programs of the operating system, as test/node/get.sh lays them out: bin, cni, lib and xtables.
type Tools struct {
	Dir string `json:"dir"`
}

// FindTools looks where get.sh puts them, or in the directory NODE_DIR.
func FindTools() (Tools, error) {
	dir := os.Getenv("NODE_DIR")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return Tools{}, fmt.Errorf("find the user's cache directory: %w", err)
		}
		dir = filepath.Join(cache, "kubectl-externalsecret", "node")
	}
	if _, err := os.Stat(filepath.Join(dir, "layout")); err != nil {
		return Tools{}, fmt.Errorf("there is no containerd in %s; test/node/get.sh fetches what a node needs", dir)
	}
	return Tools{dir}, nil
}

// bin is the path of a program.
func (t Tools) bin(name string) string { return filepath.Join(t.Dir, "bin", name) }

// env is the environment in which the programs find each other and their libraries. Of this process's own it has nothing that
// would send requests elsewhere.
func (t Tools) env() []string {
	env := []string{
		"PATH=" + filepath.Join(t.Dir, "bin") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LD_LIBRARY_PATH=" + filepath.Join(t.Dir, "lib"),
		"XTABLES_LIBDIR=" + filepath.Join(t.Dir, "xtables"),
	}
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "TMPDIR=") || strings.HasPrefix(variable, "HOME=") {
			env = append(env, variable)
		}
	}
	return env
}
