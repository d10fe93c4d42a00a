package diff

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// trees are two temporary directories, of what is there and of what would be, with a file for each target. Only their owner can
// read them.
type trees struct {
	live, merged string

	mu sync.Mutex
	// writers are who wants each target; empty once there are several.
	writers map[string]string
	removed bool
}

// newTrees makes the directories, called as kubectl diff calls its own.
func newTrees() (*trees, error) {
	live, err := os.MkdirTemp("", "LIVE-")
	if err != nil {
		return nil, err
	}
	merged, err := os.MkdirTemp("", "MERGED-")
	if err != nil {
		return nil, errors.Join(err, os.Remove(live))
	}
	return &trees{live: live, merged: merged, writers: map[string]string{}}, nil
}

// add adds a target, which is nil where it is not there. Where several ExternalSecrets want the same target each is compared on its
// own, and the name of the ExternalSecret follows that of the target.
func (t *trees) add(target, writer string, live, merged []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.removed {
		return errors.New("it was stopped before this was compared")
	}
	name := target
	first, taken := t.writers[target]
	if !taken {
		t.writers[target] = writer
	} else {
		name += "." + writer
		t.writers[target] = ""
	}
	if first != "" {
		if err := t.rename(target, target+"."+first); err != nil {
			return err
		}
	}
	return errors.Join(writeFile(filepath.Join(t.live, name), live), writeFile(filepath.Join(t.merged, name), merged))
}

// rename renames the files of a target, of which one may be missing.
func (t *trees) rename(from, to string) error {
	for _, directory := range []string{t.live, t.merged} {
		err := os.Rename(filepath.Join(directory, from), filepath.Join(directory, to))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func writeFile(path string, content []byte) error {
	const ownersOnly = 0o600
	if content == nil {
		return nil
	}
	return os.WriteFile(path, content, ownersOnly)
}

// empty tells whether nothing was added.
func (t *trees) empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.writers) == 0
}

// remove removes the directories. Nothing can be added any more.
func (t *trees) remove() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.removed = true
	if err := errors.Join(os.RemoveAll(t.live), os.RemoveAll(t.merged)); err != nil {
		return fmt.Errorf("remove what was compared; do it by hand if it is still there: %w", err)
	}
	return nil
}
