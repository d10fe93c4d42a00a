// Command missing tells which tests `make test` could not run for want of something on this machine: go test itself does not show
// that tests of a package were skipped.
package main

import (
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func main() {
	for _, what := range harness.Missing() {
		fmt.Println("NOT RUN:", what)
	}
}
