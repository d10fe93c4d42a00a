//go:build unix

package process_test

import (
	"bufio"
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

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/process"
)

func TestProcess(t *testing.T) {
	t.Run("one that is asked to stop ends in order", func(t *testing.T) {
		command := script(t, `trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done`)
		p := start(t, command)
		waitForLog(t, command, "up")
		require.NoError(t, p.Stop(10*time.Second))
		waitForLog(t, command, "bye")
	})

	t.Run("one that ignores the request is killed, which is an error", func(t *testing.T) {
		command := script(t, `trap '' TERM; echo up; while :; do sleep 0.05; done`)
		p := start(t, command)
		waitForLog(t, command, "up")
		require.ErrorContains(t, p.Stop(100*time.Millisecond), "was killed")
		<-p.Done()
	})

	t.Run("stopping also ends the children that it has", func(t *testing.T) {
		command := script(t, `sleep 1000 & echo $!; wait`)
		p := start(t, command)
		pid := firstPid(t, command)
		require.NoError(t, p.Stop(10*time.Second))
		requireGone(t, pid)
	})

	t.Run("one that has ended can be stopped and killed", func(t *testing.T) {
		p := start(t, script(t, `exit 0`))
		require.NoError(t, p.Wait())
		require.NoError(t, p.Stop(time.Second))
		require.NoError(t, p.Kill())
	})

	t.Run("a failure has the end of the log, in whole lines", func(t *testing.T) {
		p := start(t, script(t, `i=0; while [ $i -lt 2000 ]; do echo line $i of the log; i=$((i+1)); done; echo no luck >&2; exit 3`))
		err := p.Wait()
		require.ErrorContains(t, err, "exit status 3")
		require.True(t, strings.HasSuffix(err.Error(), "no luck"), err)
		require.Less(t, len(err.Error()), 8<<10)
		for _, line := range strings.Split(err.Error(), "\n")[1:] {
			require.Regexp(t, `^(line \d+ of the log|no luck)$`, line)
		}
	})

	t.Run("an early end is an error even with success", func(t *testing.T) {
		require.ErrorContains(t, start(t, script(t, `exit 0`)).EarlyEnd(), "exit status 0")
	})

	t.Run("a program that does not exist can't be started", func(t *testing.T) {
		command := script(t, "")
		command.Path = filepath.Join(t.TempDir(), "nothing")
		_, err := process.Start(command)
		require.ErrorContains(t, err, "start a script")
	})
}

// parentEnv makes this test binary a parent that starts a process and waits to be killed.
const parentEnv = "PROCESS_TEST_PARENT"

func TestAKilledParentTakesItsProcessesAlong(t *testing.T) {
	if os.Getenv(parentEnv) != "" {
		command := script(t, `echo $$; exec sleep 1000`)
		start(t, command)
		_, _ = os.Stdout.WriteString(strconv.Itoa(firstPid(t, command)) + "\n")
		select {}
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells a process of its parent's end")
	}
	parent := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	parent.Env = append(os.Environ(), parentEnv+"=1")
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, 0), "the process runs")

	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	requireGone(t, pid)
}

// script is a command that runs a shell script.
func script(t *testing.T, text string) process.Command {
	t.Helper()
	return process.Command{
		Name: "a script", Path: "/bin/sh", Args: []string{"-c", text}, Log: filepath.Join(t.TempDir(), "log"),
	}
}

func start(t *testing.T, command process.Command) *process.Process {
	t.Helper()
	p, err := process.Start(command)
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Kill() })
	return p
}

func waitForLog(t *testing.T, command process.Command, want string) {
	t.Helper()
	require.Eventually(t, func() bool {
		log, err := os.ReadFile(command.Log)
		return err == nil && strings.Contains(string(log), want)
	}, 10*time.Second, 5*time.Millisecond, "the log has %q", want)
}

// firstPid is the process id that the command prints first.
func firstPid(t *testing.T, command process.Command) int {
	t.Helper()
	waitForLog(t, command, "\n")
	log, err := os.ReadFile(command.Log)
	require.NoError(t, err)
	line, _, _ := strings.Cut(string(log), "\n")
	pid, err := strconv.Atoi(line)
	require.NoError(t, err)
	return pid
}

// requireGone waits until a process has ended; one that nobody has reaped yet has ended too.
func requireGone(t *testing.T, pid int) {
	t.Helper()
	if _, err := exec.LookPath("ps"); err != nil {
		t.Skip("there is no ps to look at processes with")
	}
	require.Eventually(t, func() bool {
		state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
		return err != nil || strings.HasPrefix(string(state), "Z")
	}, 10*time.Second, 20*time.Millisecond, "process %d has ended", pid)
}
