package main_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// running is a program of this module that has said it is ready.
type running struct {
	url    string
	stdin  io.Closer
	cmd    *exec.Cmd
	exited chan error
}

// build compiles a program of this module.
func build(t *testing.T, pkg string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "program")
	output, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, pkg).CombinedOutput()
	require.NoError(t, err, "%s", output)
	return bin
}

// start runs a program until it says it is ready.
func start(t *testing.T, bin string, args ...string) *running {
	t.Helper()
	r := &running{cmd: exec.Command(bin, args...), exited: make(chan error, 1)}
	var err error
	r.stdin, err = r.cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := r.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, r.cmd.Start())
	t.Cleanup(func() { _ = r.cmd.Process.Kill() }) // it has ended already unless the test failed
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	require.NoError(t, err)
	var ready struct{ URL string }
	require.NoError(t, json.Unmarshal(line, &ready), "%s", line)
	r.url = ready.URL
	go func() { r.exited <- r.cmd.Wait() }()
	return r
}

func (r *running) serves(t *testing.T) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/_fake/counters", nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.NoError(t, response.Body.Close())
}

func (r *running) ends(t *testing.T) {
	t.Helper()
	select {
	case err := <-r.exited:
		require.NoError(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("the program is still running")
	}
}

func TestTheFakeEnds(t *testing.T) {
	bin := build(t, ".")
	t.Run("when its standard input closes", func(t *testing.T) {
		r := start(t, bin)
		r.serves(t)
		require.NoError(t, r.stdin.Close())
		r.ends(t)
	})
	t.Run("on a signal", func(t *testing.T) {
		r := start(t, bin)
		require.NoError(t, r.cmd.Process.Signal(syscall.SIGTERM))
		r.ends(t)
	})
	t.Run("only on a signal when it is to ignore its standard input", func(t *testing.T) {
		r := start(t, bin, "-ignore-stdin")
		require.NoError(t, r.stdin.Close())
		require.Never(t, func() bool { return len(r.exited) > 0 }, 200*time.Millisecond, 20*time.Millisecond)
		r.serves(t)
		require.NoError(t, r.cmd.Process.Signal(syscall.SIGTERM))
		r.ends(t)
	})
}

func TestTheGateTakesItsServerAlong(t *testing.T) {
	bin := build(t, "./cmd/awsgate")
	for says, end := range map[string]func(*running) error{
		"when its standard input closes": func(r *running) error { return r.stdin.Close() },
		"when it is killed":              func(r *running) error { return r.cmd.Process.Kill() },
	} {
		t.Run(says, func(t *testing.T) {
			pidFile := filepath.Join(t.TempDir(), "pid")
			r := start(t, bin, "-moto", standIn(t, pidFile))
			r.serves(t)
			pid := readPID(t, pidFile)
			require.NoError(t, syscall.Kill(pid, 0), "the server runs")
			require.NoError(t, end(r))
			t.Log("how the gate ended:", <-r.exited)
			require.Eventually(t, func() bool { return syscall.Kill(pid, 0) != nil }, 5*time.Second, 10*time.Millisecond)
		})
	}
}

// TestStandIn is the program of standIn, where it is told a port.
func TestStandIn(t *testing.T) {
	port := os.Getenv("STAND_IN_PORT")
	if port == "" {
		t.Skip("it is run by standIn")
	}
	server := http.Server{Addr: "127.0.0.1:" + port, ReadHeaderTimeout: time.Second, Handler: http.NotFoundHandler()}
	require.NoError(t, server.ListenAndServe())
}

// standIn is a folder like that of moto with a server that only says it is there: how a child is ended does not depend on what it is.
func standIn(t *testing.T, pidFile string) string {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\necho $$ >" + pidFile + "\nSTAND_IN_PORT=$1 exec '" + os.Args[0] + "' -test.run='^TestStandIn$'\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "serve"), []byte(script), 0o755))
	return dir
}

func readPID(t *testing.T, file string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var pid int
	require.NoError(t, json.Unmarshal(text, &pid))
	return pid
}
