package plugin

import (
	"flag"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/pflag"
	"k8s.io/klog/v2"
)

// maxVerbosity is the highest level of logs: from the next one on, client-go prints the bodies of requests and responses,
// which are Secrets.
const maxVerbosity = 7

// verbosity is the value of -v. Logs go to the error stream of the process.
type verbosity struct {
	klog  *flag.FlagSet
	level int
	note  io.Writer
}

// addVerbosity binds -v. note is where a person is told that the level was lowered.
func addVerbosity(flags *pflag.FlagSet, note io.Writer) {
	v := &verbosity{klog: flag.NewFlagSet("klog", flag.ContinueOnError), note: note}
	klog.InitFlags(v.klog)
	flags.VarP(v, "v", "v", fmt.Sprintf(
		"Number for the log level verbosity, up to %d. Higher levels, which would print Secrets, are lowered to it.", maxVerbosity))
}

func (v *verbosity) String() string { return strconv.Itoa(v.level) }

// Type implements pflag.Value.
func (v *verbosity) Type() string { return "Level" }

// Set implements pflag.Value.
func (v *verbosity) Set(text string) error {
	level, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("%q is not a number", text)
	}
	if level > maxVerbosity {
		fmt.Fprintf(v.note, "Warning: -v=%d is lowered to %d: higher levels would print Secrets\n", level, maxVerbosity)
		level = maxVerbosity
	}
	if err := v.klog.Set("v", strconv.Itoa(level)); err != nil {
		return fmt.Errorf("set the log level: %w", err)
	}
	v.level = level
	return nil
}
