package report

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTry(t *testing.T) {
	for name, f := range map[string]*Fleet{"small": small(), "large": large(10000)} {
		var out bytes.Buffer
		require.NoError(t, WritePage(f, &out))
		require.NoError(t, os.WriteFile("/tmp/rep-"+name+".html", out.Bytes(), 0o600))
		t.Log(name, out.Len())
	}
}
