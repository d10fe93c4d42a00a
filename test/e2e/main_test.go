package e2e_test

import (
	"os"
	"testing"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// TestMain lets more tests run at once than there are processors: they wait for programs, and for a second that AWS is told to take, and one of them for a minute.
func TestMain(m *testing.M) { os.Exit(harness.Main(m, 2)) }
