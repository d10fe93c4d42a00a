// Command demo shows the main job on a real control plane and an AWS endpoint of its own: the example becomes a Secret, the
// remote password is rotated, and a refresh brings the new one. `make demo` builds what it needs and runs it at the top of the
// repository. With KEEP=1 in the environment everything stays up; `demo stop` ends it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	top, err := filepath.Abs(".")
	if err != nil {
		return fmt.Errorf("find the repository: %w", err)
	}
	s := &stage{top: top, dir: filepath.Join(top, ".demo"), out: os.Stdout}
	if err := s.stop(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	if len(args) == 1 && args[0] == "stop" {
		return nil
	}
	keep := os.Getenv("KEEP") != ""
	defer func() {
		if !keep || err != nil {
			err = errors.Join(err, s.stop(context.WithoutCancel(ctx)))
		}
	}()
	if err := s.start(ctx); err != nil {
		return err
	}
	if err := play(ctx, s); err != nil {
		return err
	}
	if !keep {
		return nil
	}
	if err := s.store(ctx, "eu-central-1", "shop/db", `{"password":"hello-from-aws"}`); err != nil {
		return err
	}
	s.say("Everything stays up. The endpoint also has what docs/examples/aws.yaml reads. To look around:\n\n%s\n\nTo end it: make demo-stop", s.exports())
	return nil
}
