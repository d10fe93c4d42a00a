//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/assets"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/controlplane"
)

func TestUp(t *testing.T) {
	t.Run("a cluster is usable when it says so, and gone when standard input is closed", func(t *testing.T) {
		up := startUp(t)
		require.Equal(t, "default", up.kubectl(t, "config", "view", "--minify", "-o", "jsonpath={..namespace}"))
		up.kubectl(t, "create", "configmap", "owner")
		require.Contains(t, up.kubectl(t, "version"), "Server Version: "+up.info.Version)
		require.Contains(t, up.kubectl(t, "get", "--raw", "/metrics"), "apiserver_request_total")
		require.Contains(t, up.kubectl(t, "get", "--raw", "/debug/pprof/"), "goroutine")
		keys, err := os.ReadFile(up.info.JWKSFile)
		require.NoError(t, err)
		require.Contains(t, string(keys), `"RS256"`)
		require.Contains(t, up.kubectl(t, "get", "--raw", "/.well-known/openid-configuration"), up.info.Issuer)

		// A watch that stays open must not hold up the end until something has to be killed.
		watch := up.command(t, "get", "configmaps", "--watch")
		seen, err := watch.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, watch.Start())
		t.Cleanup(func() { _ = watch.Process.Kill(); _ = watch.Wait() })
		_, err = bufio.NewReader(seen).ReadString('\n')
		require.NoError(t, err)

		servers := childrenOf(t, up.cmd.Process.Pid)
		require.Len(t, servers, 3)
		require.NoError(t, up.stdin.Close())
		require.NoError(t, up.cmd.Wait())
		requireGone(t, servers)
		require.NoDirExists(t, up.info.Dir)
	})

	t.Run("a signal stops it in order too", func(t *testing.T) {
		up := startUp(t)
		servers := childrenOf(t, up.cmd.Process.Pid)
		require.NoError(t, up.cmd.Process.Signal(syscall.SIGINT))
		require.NoError(t, up.cmd.Wait())
		requireGone(t, servers)
		require.NoDirExists(t, up.info.Dir)
	})

	t.Run("when it is killed its servers die with it", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("only Linux tells a process of its parent's end")
		}
		up := startUp(t)
		servers := childrenOf(t, up.cmd.Process.Pid)
		require.NoError(t, up.cmd.Process.Kill())
		require.Error(t, up.cmd.Wait())
		requireGone(t, servers)
		require.NoError(t, os.RemoveAll(up.info.Dir))
	})

	t.Run("when a server dies it fails with that server's log, and stops the others", func(t *testing.T) {
		up := startUp(t)
		servers := childrenOf(t, up.cmd.Process.Pid)
		require.NoError(t, syscall.Kill(servers["etcd"], syscall.SIGKILL))
		require.Error(t, up.cmd.Wait())
		require.Contains(t, up.stderr.String(), "a server of the cluster ended by itself: etcd: signal: killed")
		require.Contains(t, up.stderr.String(), "serving client traffic", "the log of etcd")
		requireGone(t, servers)
	})

	t.Run("standard input that is closed from the start stops it on the way", func(t *testing.T) {
		cmd := exec.Command(program(t), "up")
		said, err := cmd.CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(said), "standard input was closed")
	})
}

func TestDetached(t *testing.T) {
	bin, dir := program(t), filepath.Join(t.TempDir(), "cluster")
	for range 2 { // the second time in a directory that was used
		line, err := exec.Command(bin, "up", "--detach", "--dir", dir).Output()
		require.NoError(t, err)
		t.Cleanup(func() { _ = exec.Command(bin, "down", "--dir", dir).Run() })
		var info controlplane.Info
		require.NoError(t, json.Unmarshal(line, &info))
		require.Equal(t, dir, info.Dir)
		client := http.Client{Transport: &http.Transport{Proxy: nil}}
		require.ErrorContains(t, get(client, info.Server), "certificate", "an API server answers")

		said, err := exec.Command(bin, "up", "--detach", "--dir", dir).CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(said), "a cluster runs in "+dir+" already")

		require.NoError(t, exec.Command(bin, "down", "--dir", dir).Run())
		require.ErrorContains(t, get(client, info.Server), "connection refused")
	}
	said, err := exec.Command(bin, "down", "--dir", dir).CombinedOutput()
	require.NoError(t, err)
	require.Contains(t, string(said), "no cluster runs in")
}

// get asks an API server whether it is ready.
func get(client http.Client, server string) error {
	response, err := client.Get(server + "/readyz")
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func TestAnotherPortIsTriedWhenOneIsTaken(t *testing.T) {
	built, err := executables(t.Context(), false, streams{err: os.Stderr})
	require.NoError(t, err)
	set := assets.Set{Dir: t.TempDir(), Version: built.Version}
	for _, name := range []string{"kube-apiserver", "kube-controller-manager"} {
		require.NoError(t, os.Symlink(built.Path(name), set.Path(name)))
	}
	once := filepath.Join(t.TempDir(), "once")
	etcd := fmt.Sprintf("#!/bin/sh\nif ! [ -e %[1]s ]; then touch %[1]s; echo 'bind: address already in use'; exit 1; fi\nexec %[2]s \"$@\"\n",
		once, built.Path("etcd"))
	require.NoError(t, os.WriteFile(set.Path("etcd"), []byte(etcd), 0o755))

	plane, err := controlplane.Start(t.Context(), set, controlplane.Options{Dir: t.TempDir()})
	require.NoError(t, err)
	require.FileExists(t, once)
	require.NoError(t, plane.Stop())
}

func TestCommandLine(t *testing.T) {
	foreign := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(foreign, "thesis.txt"), nil, 0o600))
	tests := []struct {
		name string
		args []string
		want string
		code int
	}{
		{"no command", nil, "there is no command", 2},
		{"an unknown command", []string{"sideways"}, `there is no command "sideways"`, 2},
		{"an unknown flag", []string{"up", "--fast"}, "-fast", 2},
		{"an argument", []string{"build", "all"}, `build takes no argument "all"`, 2},
		{"detached without a directory", []string{"up", "--detach"}, "--detach needs --dir", 2},
		{"load into nowhere", []string{"load", "--image", "x.tar"}, "load needs --dir", 2},
		{"load of nothing", []string{"load", "--dir", foreign}, "--image or --program with --name", 2},
		{"load of both kinds", []string{"load", "--dir", foreign, "--image", "x.tar", "--program", "x", "--name", "x"}, "--image or", 2},
		{"down without a directory", []string{"down"}, "down needs --dir", 2},
		{"down where no cluster is", []string{"down", "--dir", foreign}, "find a cluster in", 1},
		{"up in a directory of something else", []string{"up", "--ignore-stdin", "--dir", foreign}, "is not empty", 1},
		{"help", []string{"help"}, "Usage:", 0},
	}
	bin := program(t)
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			cmd := exec.Command(bin, tc.args...)
			said, err := cmd.CombinedOutput()
			require.Equal(t, tc.code, cmd.ProcessState.ExitCode(), err)
			require.Contains(t, string(said), tc.want)
		})
	}
	require.FileExists(t, filepath.Join(foreign, "thesis.txt"))
}

// running is a cluster up that has said that it is ready.
type running struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr *bytes.Buffer // read after cmd.Wait
	info   controlplane.Info
}

func startUp(t *testing.T, flags ...string) running {
	t.Helper()
	up := running{cmd: exec.Command(program(t), append([]string{"up"}, flags...)...), stderr: &bytes.Buffer{}}
	up.cmd.Stderr = up.stderr
	stdin, err := up.cmd.StdinPipe()
	require.NoError(t, err)
	up.stdin = stdin
	stdout, err := up.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, up.cmd.Start())
	t.Cleanup(func() { _ = up.stdin.Close() })
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		_ = up.cmd.Wait()
		require.NoError(t, err, up.stderr)
	}
	require.NoError(t, json.Unmarshal(line, &up.info))
	return up
}

// kubectl runs kubectl as the admin and returns what it prints.
func (r running) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := r.command(t, args...).CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// command is a kubectl of the admin, with a discovery cache of its own.
func (r running) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(filepath.Join(r.info.Bin, "kubectl"), append([]string{"--kubeconfig", r.info.Kubeconfig}, args...)...)
	cmd.Env = append(os.Environ(), "KUBECACHEDIR="+t.TempDir())
	return cmd
}

// program builds this program.
func program(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "cluster")
	cmd := exec.Command("go", "build", "-o", bin, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return bin
}

// childrenOf are the process ids of the children of a process, by program; names are cut after 15 bytes by the kernel.
func childrenOf(t *testing.T, parent int) map[string]int {
	t.Helper()
	if _, err := exec.LookPath("ps"); err != nil {
		t.Skip("there is no ps to look at processes with")
	}
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,comm=").Output()
	require.NoError(t, err)
	children := map[string]int{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) >= 3 && fields[1] == strconv.Itoa(parent) {
			pid, err := strconv.Atoi(fields[0])
			require.NoError(t, err)
			children[filepath.Base(fields[2])] = pid
		}
	}
	return children
}

// requireGone waits until processes have ended; one that nobody has reaped yet has ended too.
func requireGone(t *testing.T, pids map[string]int) {
	t.Helper()
	require.NotEmpty(t, pids)
	for name, pid := range pids {
		require.Eventually(t, func() bool {
			state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
			return err != nil || strings.HasPrefix(string(state), "Z")
		}, 10*time.Second, 20*time.Millisecond, "%s has ended", name)
	}
}
