package harness

import "testing"

// Command is command, for tests of what its answers are.
func (c *ControlPlane) Command(t testing.TB, name, what string) (code int, said string) {
	t.Helper()
	return c.command(t, name, what)
}
