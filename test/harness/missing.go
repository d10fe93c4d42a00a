package harness

import (
	"os/exec"
	"os/signal"
	"syscall"
)

// Missing tells which tests are skipped on this machine though they are asked for, and why.
func Missing() []string {
	var missing []string
	if _, err := findMoto(); err != nil {
		missing = append(missing, "tests against moto: "+err.Error())
	}
	if err := nodeMissing(); err != nil {
		missing = append(missing, "tests on a node: "+err.Error())
	}
	if _, err := exec.LookPath("ps"); err != nil {
		missing = append(missing, "tests of the processes of test/cluster: there is no ps")
	}
	if signal.Ignored(syscall.SIGHUP) {
		missing = append(missing, "tests of a terminal that goes away: the tests run under nohup")
	}
	return missing
}
