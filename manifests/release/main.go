// Command release makes the files of a release, all but the image, which manifests/image makes: archives of the plugin for six
// platforms, their parts lists, krew's manifest, the chart, the manifests as files, checksums. Run it in its own folder:
//
//	go run -C manifests/release . --version v1.2.3 --image ../../dist/image/oci --output ../../dist/release
//
// The same commit, version and Go toolchain give the same bytes, wherever the checkout is. It is a module of its own, so that what it
// needs stays out of the product's. Publishing is not its business.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	flags := flag.NewFlagSet("release", flag.ExitOnError)
	r := release{top: "../.."}
	flags.StringVar(&r.version, "version", "", "version of the release, such as v1.2.3")
	flags.StringVar(&r.output, "output", "", "directory to write, made anew")
	flags.StringVar(&r.image, "image", "", "OCI layout of the runner's image, of the same version")
	flags.Func("only", "platform to make the archive of, such as linux/amd64, and nothing that takes all six; may be repeated", func(value string) error {
		p, err := platformOf(value)
		r.only = append(r.only, p)
		return err
	})
	_ = flags.Parse(os.Args[1:]) // it exits
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := r.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// release is what is to be made.
type release struct {
	top                    string // the root of the repository
	version, output, image string
	only                   []platform // none means all

	work   string // for what is made on the way
	commit string
	time   time.Time // of the commit: the only time that is in anything
}

// run makes the directory output.
func (r *release) run(ctx context.Context) error {
	if r.version == "" || r.output == "" {
		return fmt.Errorf("--version %q and --output %q are both needed", r.version, r.output)
	}
	if len(r.only) == 0 && r.image == "" {
		return errors.New("a release of all platforms needs --image")
	}
	if err := r.describe(ctx); err != nil {
		return err
	}
	var err error
	if r.work, err = os.MkdirTemp("", "release-"); err != nil {
		return fmt.Errorf("make a directory to work in: %w", err)
	}
	defer func() { _ = os.RemoveAll(r.work) }() // the system cleans up its temporary directory too
	if err := os.RemoveAll(r.output); err != nil {
		return fmt.Errorf("empty the output directory: %w", err)
	}
	if err := os.MkdirAll(r.output, 0o755); err != nil { //nolint:gosec // not secret
		return fmt.Errorf("make the output directory: %w", err)
	}
	steps := []func(context.Context) error{r.chart, r.archives, r.manifests}
	if len(r.only) == 0 {
		steps = append(steps, r.krew, r.runner)
	}
	for _, step := range append(steps, r.checksums) {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// describe finds out which commit is checked out.
func (r *release) describe(ctx context.Context) error {
	out, err := command(ctx, r.top, nil, "git", "log", "-1", "--format=%H %ct")
	if err != nil {
		return fmt.Errorf("ask for the commit: %w", err)
	}
	commit, seconds, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	number, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return fmt.Errorf("read the time of the commit: %w", err)
	}
	r.commit, r.time = commit, time.Unix(number, 0).UTC()
	return nil
}

// platforms are those that archives are made for.
func (r *release) platforms() []platform {
	if len(r.only) > 0 {
		return r.only
	}
	return allPlatforms()
}

// write writes a file of the release.
func (r *release) write(name string, content []byte) error {
	if err := os.WriteFile(filepath.Join(r.output, name), content, 0o644); err != nil { //nolint:gosec // not secret
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// command runs a program in a directory and returns what it prints. env is beside this process's environment.
func command(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the callers'
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("run %s %s: %w", name, args[0], err)
	}
	return out, nil
}
