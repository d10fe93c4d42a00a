package harness

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
)

// e2e is the variable by which all tests are asked for that start servers or build programs: `make test` sets it.
const e2e = "E2E"

// Main runs the tests of a package all of which need what this package starts, from the package's TestMain, and returns the exit code.
// Where nobody has asked for such tests it runs none and says so. As many tests may run at once as there are processors and more,
// unless -parallel says otherwise: they spend their time waiting for programs.
func Main(m *testing.M, more int) int {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	settings := map[string]string{}
	if !given {
		settings["test.parallel"] = fmt.Sprint(more + runtime.GOMAXPROCS(0))
	}
	if !asked() {
		settings["test.run"] = "^$" // so that go test says: no tests to run
		fmt.Fprintln(os.Stderr, notAsked)
	}
	for name, value := range settings {
		if err := flag.Set(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// notAsked is why a test is not run.
const notAsked = "tests that start servers are not run: make test, " + e2e + "=1 or -run asks for them"

// Need skips a test that starts something where nobody has asked for such tests.
func Need(t testing.TB) {
	t.Helper()
	if !asked() {
		t.Skip(notAsked)
	}
}

// asked tells whether tests are asked for that start something: all of them by the variable, or some by their names.
func asked() bool {
	if os.Getenv(e2e) != "" {
		return true
	}
	for _, name := range []string{"test.run", "test.bench", "test.fuzz"} {
		if named := flag.Lookup(name); named != nil && named.Value.String() != "" {
			return true
		}
	}
	return false
}
