// Command licences prints the licence texts and notices of what others have written and is linked into a program: the modules that the
// program itself names, and Go's standard library. Run it where the program was compiled:
//
//	go run ./manifests/licences bin/kubectl-externalsecret > THIRD_PARTY_LICENSES
//
// It knows texts, not kinds of licences: whether a module may be used is decided when it is taken in, not here.
package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

// run prints the texts for one program.
func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("there are %d arguments: one program is needed", len(args))
	}
	info, err := buildinfo.ReadFile(args[0])
	if err != nil {
		return fmt.Errorf("read what the program is made of: %w", err)
	}
	parts, err := locate(ctx, info)
	if err != nil {
		return err
	}
	var found []text
	for _, p := range parts {
		texts, err := textsOf(p)
		if err != nil {
			return err
		}
		found = append(found, texts...)
	}
	if _, err := out.Write(document(found)); err != nil {
		return fmt.Errorf("print the texts: %w", err)
	}
	return nil
}

// part is a module, or Go's standard library, and the directory of its source.
type part struct{ name, dir string }

// locate finds the sources of what is linked into a program.
func locate(ctx context.Context, info *buildinfo.BuildInfo) ([]part, error) {
	root, err := output(ctx, "env", "GOROOT")
	if err != nil {
		return nil, fmt.Errorf("find the Go toolchain: %w", err)
	}
	parts := []part{{"Go's standard library " + strings.TrimPrefix(info.GoVersion, "go"), strings.TrimSpace(string(root))}}
	var wanted []string
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		wanted = append(wanted, module.Path+"@"+module.Version)
	}
	if len(wanted) == 0 {
		return parts, nil
	}
	// They are in the cache already, as the program was compiled of them.
	listed, err := output(ctx, append([]string{"mod", "download", "-json"}, wanted...)...)
	if err != nil && len(listed) == 0 {
		return nil, fmt.Errorf("find the modules of the program: %w", err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(listed)); ; {
		var module struct{ Path, Version, Dir, Error string }
		if err := decoder.Decode(&module); errors.Is(err, io.EOF) {
			return parts, nil
		} else if err != nil {
			return nil, fmt.Errorf("read where the modules are: %w", err)
		}
		if module.Error != "" {
			return nil, fmt.Errorf("find the module %s %s: %s", module.Path, module.Version, module.Error)
		}
		parts = append(parts, part{module.Path + " " + module.Version, module.Dir})
	}
}

// output is what the go command prints.
func output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // of a program that was just compiled
	cmd.Stderr = os.Stderr
	return cmd.Output()
}
