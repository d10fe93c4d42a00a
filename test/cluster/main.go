//go:build unix

// Command cluster runs a real Kubernetes control plane for tests and demonstrations: etcd, kube-apiserver and
// kube-controller-manager, built from the source that this module's go.mod pins, and on Linux, for root, a node that runs Pods. It
// uses the standard library only, so that it is compiled in a moment; the servers are programs that it builds and starts, never
// packages that it imports.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/node"
)

const usage = `Usage:
  cluster build [--node]                    build what is missing, print the directory of the executables
  cluster up [--node] [--dir DIR]           run a cluster until standard input is closed or a signal comes
  cluster up [--node] --detach --dir DIR    start a cluster that runs on in the background
  cluster load --dir DIR --image TARBALL    put the images of a tarball on the node of the cluster in DIR
  cluster load --dir DIR --program FILE --name IMAGE
                                            put an image there that is one static program
  cluster down --dir DIR                    stop the cluster in DIR

A cluster that is ready prints one line of JSON: where its kubeconfig, its executables and its public
keys are. Executables found in the directory KUBEBUILDER_ASSETS are used; the others are built, once.

With --node it has a node that runs Pods, in namespaces of its own; that needs Linux, root and what
test/node/get.sh fetches.
`

// errUsage says that a command line can't be understood.
var errUsage = errors.New("see cluster help")

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	// A test binary that is killed takes the reader of standard error with it: stop the cluster in order all the same.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "cluster:", err)
	if errors.Is(err, errUsage) {
		os.Exit(2)
	}
	os.Exit(1)
}

// run runs one command.
func run(ctx context.Context, args []string, std streams) error {
	if len(args) == 0 {
		args = []string{""}
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	var command func() error
	switch args[0] {
	case "build":
		withNode := flags.Bool("node", false, "")
		command = func() error { return build(ctx, *withNode, std) }
	case "up":
		var opts upOptions
		flags.StringVar(&opts.dir, "dir", "", "")
		flags.BoolVar(&opts.node, "node", false, "")
		flags.BoolVar(&opts.detach, "detach", false, "")
		flags.BoolVar(&opts.ignoreStdin, "ignore-stdin", false, "") // what --detach starts in the background
		command = func() error { return up(ctx, opts, std) }
	case "down":
		dir := flags.String("dir", "", "")
		command = func() error { return down(ctx, *dir, std) }
	case "load":
		var opts loadOptions
		flags.StringVar(&opts.dir, "dir", "", "")
		flags.StringVar(&opts.image, "image", "", "")
		flags.StringVar(&opts.program, "program", "", "")
		flags.StringVar(&opts.name, "name", "", "")
		command = func() error { return load(ctx, opts) }
	case insideCommand: // what --node starts in a sandbox
		command = func() error { return inside(ctx, std) }
	case node.PauseCommand: // what runs as the first container of each Pod
		command = func() error { <-ctx.Done(); return nil }
	case "help", "-h", "-help", "--help":
		_, err := io.WriteString(std.out, usage)
		return err
	default:
		return fmt.Errorf("there is no command %q: %w", args[0], errUsage)
	}
	if err := flags.Parse(args[1:]); err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%s takes no argument %q: %w", args[0], flags.Arg(0), errUsage)
	}
	return command()
}
