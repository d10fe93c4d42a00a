// Command missing tells which tests `make test` could not run for want of something on this machine: go test itself does not show
// that tests of a package were skipped.
package main

import (
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/chromium"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func main() {
	missing := harness.Missing()
	if _, err := chromium.Find(); err != nil {
		missing = append(missing, "tests in a browser: "+err.Error())
	}
	for _, what := range missing {
		fmt.Println("NOT RUN:", what)
	}
}
