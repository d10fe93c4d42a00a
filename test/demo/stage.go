package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	region    = "us-east-1"
	accessKey = "AKIADEMO"
	secretKey = "demo-secret-key"
)

// stage is what the demonstration runs on: a control plane and an AWS endpoint, both in the background, in dir.
type stage struct {
	top, dir             string
	out                  io.Writer
	kubeconfig, endpoint string
	kubectl              string // the directory of the control plane's own kubectl
}

// say tells the audience something.
func (s *stage) say(format string, args ...any) {
	fmt.Fprintf(s.out, "\n# "+format+"\n", args...)
}

// show runs a command before the audience.
func (s *stage) show(ctx context.Context, command ...string) error {
	fmt.Fprintf(s.out, "$ %s\n", strings.Join(command, " "))
	return s.run(ctx, s.out, command...)
}

// showExit runs a command that is to end with this exit code.
func (s *stage) showExit(ctx context.Context, code int, command ...string) error {
	err := s.show(ctx, command...)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == code {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("%s ended with 0 and not with %d", strings.Join(command, " "), code)
	}
	return err
}

// run runs a command with the stage's programs and environment.
func (s *stage) run(ctx context.Context, out io.Writer, command ...string) error {
	path := strings.Join([]string{filepath.Join(s.top, "bin"), s.kubectl, os.Getenv("PATH")}, string(os.PathListSeparator))
	// The shell finds the program by the PATH that the program gets.
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", `exec "$@"`, "sh"}, command...)...)
	cmd.Env = append(os.Environ(), append(s.environment(), "PATH="+path)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.top, out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run %s: %w", strings.Join(command, " "), err)
	}
	return nil
}

func (s *stage) environment() []string {
	return []string{
		"KUBECONFIG=" + s.kubeconfig, "AWS_ENDPOINT_URL=" + s.endpoint,
		"AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region, // the second is for AWS's own command line
		"AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + secretKey, "AWS_EC2_METADATA_DISABLED=true",
	}
}

// exports are the shell commands by which a person steps onto the stage.
func (s *stage) exports() string {
	lines := []string{fmt.Sprintf("export PATH=%s:%s:$PATH", filepath.Join(s.top, "bin"), s.kubectl)}
	for _, variable := range s.environment() {
		lines = append(lines, "export "+variable)
	}
	return strings.Join(lines, "\n")
}

// start brings both servers up and installs the CRDs. The first time on a machine the control plane is compiled from source.
func (s *stage) start(ctx context.Context) error {
	s.say("Starting a Kubernetes control plane (compiled from source the first time: some minutes) and an AWS endpoint …")
	for program, module := range map[string]string{"cluster": "test/cluster", "awsfake": "test/awsfake"} {
		build := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join(s.top, module), "-o", filepath.Join(s.dir, program), ".")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("build %s: %w", module, err)
		}
	}
	var plane struct{ Kubeconfig, Bin string }
	if err := s.background(ctx, &plane, nil, "cluster", "up", "--detach", "--dir", s.clusterDir()); err != nil {
		return err
	}
	s.kubeconfig, s.kubectl = plane.Kubeconfig, plane.Bin
	var aws struct{ URL string }
	if err := s.background(ctx, &aws, s.remember, "awsfake", "-ignore-stdin"); err != nil {
		return err
	}
	s.endpoint = aws.URL
	if err := s.admit(ctx); err != nil {
		return err
	}
	var quiet bytes.Buffer
	for _, command := range [][]string{
		{"kubectl", "apply", "-f", "manifests/crds"},
		// Not --for=condition: that fails on a CRD so new that it has no conditions yet.
		{"kubectl", "wait", `--for=jsonpath={.status.conditions[?(@.type=="Established")].status}=True`, "-f", "manifests/crds", "--timeout=30s"},
	} {
		if err := s.run(ctx, &quiet, command...); err != nil {
			return fmt.Errorf("%w\n%s", err, quiet.String())
		}
	}
	return nil
}

// background starts one of the programs in dir, which goes on when the demo ends, and decodes the line it prints when ready.
func (s *stage) background(ctx context.Context, ready any, started func(pid int) error, program string, args ...string) error {
	cmd := exec.Command(filepath.Join(s.dir, program), args...) // with no context: it outlives this process
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("open a pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", program, err)
	}
	interrupt := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	defer interrupt()
	if started != nil {
		if err := started(cmd.Process.Pid); err != nil {
			return err
		}
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("%s did not get ready: %w", program, errors.Join(err, cmd.Wait()))
	}
	if err := json.Unmarshal(line, ready); err != nil {
		return fmt.Errorf("read what %s says of itself: %w", program, err)
	}
	return nil
}

// admit gives the endpoint the demo's access key.
func (s *stage) admit(ctx context.Context) error {
	body, err := json.Marshal(map[string]string{"accessKeyId": accessKey, "secretAccessKey": secretKey})
	if err != nil {
		return fmt.Errorf("encode the access key: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint+"/_fake/keys", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("give the endpoint an access key: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("give the endpoint an access key: %s", response.Status)
	}
	return nil
}

func (s *stage) clusterDir() string { return filepath.Join(s.dir, "control-plane") }
func (s *stage) pidFile() string    { return filepath.Join(s.dir, "awsfake.pid") }

func (s *stage) remember(pid int) error {
	return os.WriteFile(s.pidFile(), []byte(strconv.Itoa(pid)), 0o600)
}

// stop ends what start, this time or another, has left running.
func (s *stage) stop(ctx context.Context) error {
	if _, err := os.Stat(s.clusterDir()); err == nil {
		down := exec.CommandContext(ctx, filepath.Join(s.dir, "cluster"), "down", "--dir", s.clusterDir())
		if output, err := down.CombinedOutput(); err != nil {
			return fmt.Errorf("stop the control plane: %w\n%s", err, output)
		}
	}
	text, err := os.ReadFile(s.pidFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the endpoint: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("read %s: %w", s.pidFile(), err)
	}
	// The number may have been given to another program since.
	if self, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); err == nil && self != filepath.Join(s.dir, "awsfake") {
		return os.Remove(s.pidFile())
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop the endpoint: %w", err)
	}
	return os.Remove(s.pidFile())
}
