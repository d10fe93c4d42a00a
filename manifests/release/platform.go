package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// platform is what the plugin is compiled for.
type platform struct{ system, machine string }

// allPlatforms are those of krew's users.
func allPlatforms() []platform {
	return []platform{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"}}
}

// platformOf reads a platform such as linux/amd64.
func platformOf(text string) (platform, error) {
	system, machine, _ := strings.Cut(text, "/")
	p := platform{system, machine}
	if !slices.Contains(allPlatforms(), p) {
		return platform{}, fmt.Errorf("%q is none of %v", text, allPlatforms())
	}
	return p, nil
}

func (p platform) String() string { return p.system + "/" + p.machine }

// archive is the name of the platform's archive. It has no version, so that the newest one has an address that stays.
func (p platform) archive() string {
	name := "kubectl-externalsecret_" + p.system + "_" + p.machine
	if p.system == "windows" {
		return name + ".zip"
	}
	return name + ".tar.gz"
}

// program is the name of the plugin's program.
func (p platform) program() string {
	if p.system == "windows" {
		return "kubectl-externalsecret.exe"
	}
	return "kubectl-externalsecret"
}

// archives makes an archive, and the parts list of the program in it, for each platform.
func (r *release) archives(ctx context.Context) error {
	licence, err := os.ReadFile(filepath.Join(r.top, "LICENSE"))
	if err != nil {
		return fmt.Errorf("read the licence: %w", err)
	}
	for _, p := range r.platforms() {
		path, err := r.compile(ctx, p)
		if err != nil {
			return err
		}
		program, err := os.ReadFile(path) //nolint:gosec // just written
		if err != nil {
			return fmt.Errorf("read the program for %s: %w", p, err)
		}
		others, err := command(ctx, r.top, nil, "go", "run", "./manifests/licences", path)
		if err != nil {
			return fmt.Errorf("collect the licences of what is in the program for %s: %w", p, err)
		}
		files := []file{{"LICENSE", 0o644, licence}, {"THIRD_PARTY_LICENSES", 0o644, others}, {p.program(), 0o755, program}}
		pack := tarball
		if p.system == "windows" {
			pack = zipped
		}
		packed, err := pack(files, r.time)
		if err != nil {
			return fmt.Errorf("pack %s: %w", p.archive(), err)
		}
		if err := r.write(p.archive(), packed); err != nil {
			return err
		}
		parts, err := r.parts("kubectl-externalsecret", p, program)
		if err != nil {
			return fmt.Errorf("list the parts of %s: %w", p.archive(), err)
		}
		if err := r.write(p.archive()+partsSuffix, parts); err != nil {
			return err
		}
	}
	return nil
}

// compile returns the path of the plugin's program, which is compiled the first time it is asked for. What could differ from one machine to the next is left out or set: paths, what Go finds out about the
// checkout, which it does not in every kind of checkout, the level of the processor.
func (r *release) compile(ctx context.Context, p platform) (string, error) {
	out := filepath.Join(r.work, p.system, p.machine, p.program())
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	stamp := fmt.Sprintf("-s -w -X main.version=%s -X main.commit=%s -X main.date=%s", r.version, r.commit, r.time.Format(time.RFC3339))
	env := []string{
		"CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=", "GOFIPS140=off", "GOOS=" + p.system, "GOARCH=" + p.machine, "GOAMD64=v1", "GOARM64=v8.0",
	}
	if _, err := command(ctx, r.top, env, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", stamp, "-o", out, "./cmd/kubectl-externalsecret"); err != nil {
		return "", fmt.Errorf("compile for %s: %w", p, err)
	}
	return out, nil
}
