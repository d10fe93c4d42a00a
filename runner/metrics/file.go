package metrics

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

// WriteFile writes the metrics of a run to a file, which is replaced as a whole: nobody reads half of it. The time of the last
// success is kept from the file that was there. With shards each has a file of its own, with "-INDEX" before the extension.
func WriteFile(path string, run *report.Run, now time.Time) error {
	if run.Shard != nil {
		extension := filepath.Ext(path)
		path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, extension), run.Shard.Index, extension)
	}
	text := textOf(run, now, shardLabel(run)...)
	if !strings.Contains(text, prefix+lastSuccess) {
		before, err := os.ReadFile(path) //nolint:gosec // the operator names the file
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read the metrics of the last run: %w", err)
		}
		for line := range strings.Lines(string(before)) {
			if strings.Contains(line, prefix+lastSuccess) { // its help and type, too
				text += line
			}
		}
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // of another extension: no collector takes it
	if err != nil {
		return fmt.Errorf("write the metrics: %w", err)
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // it is there only after a failure
	const readable = 0o644
	_, err = temporary.WriteString(text)
	err = errors.Join(err, temporary.Chmod(readable), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write the metrics: %w", err)
	}
	return nil
}
