package explain_test

import (
	"os"
	"testing"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// TestMain lets more tests run at once than there are processors: they wait for programs, and some for what never answers.
func TestMain(m *testing.M) { os.Exit(harness.Main(m, 4)) }
