package release_test

import (
	"os"
	"testing"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m, 0)) }
