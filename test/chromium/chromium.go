// Package chromium opens pages in a real browser without a window, for tests: what runs in them, what they would load, how they look,
// and what a screen reader is told. Chromium is Debian's, which get.sh fetches; it is driven over a pair of pipes with its own
// protocol, and opens no port.
package chromium

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// patience is how long an answer may take.
const patience = time.Minute

// Browser is a running Chromium.
type Browser struct {
	commands io.Writer

	mu      sync.Mutex
	last    int
	waiting map[int]chan message
	pages   map[string]*Page
}

// message is a command, its answer, or an event.
type message struct {
	ID      int             `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Params  any             `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// Start starts a browser for a test; it ends with it. Where there is none the test is skipped, or fails when REQUIRE_CHROMIUM is set:
// test/chromium/get.sh fetches it into the user's cache, or CHROMIUM_DIR says where it is.
func Start(t testing.TB) *Browser {
	t.Helper()
	harness.Need(t)
	program, err := Find()
	if err != nil {
		said := t.Name() + " IS NOT RUN IN A BROWSER: " + err.Error()
		if os.Getenv("REQUIRE_CHROMIUM") != "" {
			t.Fatal(said)
		}
		fmt.Fprintln(os.Stderr, said)
		t.Skip(said)
	}
	profile, err := os.MkdirTemp("", "chromium") //nolint:usetesting // its children may write there while it ends, which is no failure
	require.NoError(t, err)
	theirCommands, ourCommands, err := os.Pipe()
	require.NoError(t, err)
	ourAnswers, theirAnswers, err := os.Pipe()
	require.NoError(t, err)
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program,
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--hide-scrollbars", "--force-color-profile=srgb", "--user-data-dir="+profile, "--remote-debugging-pipe", "about:blank")
	command.ExtraFiles = []*os.File{theirCommands, theirAnswers}
	require.NoError(t, command.Start())
	require.NoError(t, errors.Join(theirCommands.Close(), theirAnswers.Close()))
	b := &Browser{commands: ourCommands, waiting: map[int]chan message{}, pages: map[string]*Page{}}
	go b.listen(ourAnswers)
	t.Cleanup(func() {
		_ = ourCommands.Close() // which ends it
		ended := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
		_ = command.Wait()
		ended.Stop()
		_ = ourAnswers.Close()
		_ = os.RemoveAll(profile)
	})
	return b
}

// Find is the path of Chromium. The error says that there is none.
func Find() (string, error) {
	dir := os.Getenv("CHROMIUM_DIR")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find the user's cache directory: %w", err)
		}
		dir = filepath.Join(cache, "kubectl-externalsecret", "chromium")
	}
	program := filepath.Join(dir, "chromium")
	if _, err := os.Stat(program); err != nil {
		return "", fmt.Errorf("there is no %s; test/chromium/get.sh fetches it", program)
	}
	return program, nil
}

// listen hands out what the browser says until it ends.
func (b *Browser) listen(answers io.Reader) {
	reader := bufio.NewReader(answers)
	for {
		text, err := reader.ReadBytes(0)
		if err != nil {
			return
		}
		var said struct {
			message
			Params json.RawMessage `json:"params"`
		}
		if json.Unmarshal(text[:len(text)-1], &said) != nil {
			continue
		}
		b.mu.Lock()
		answer, page := b.waiting[said.ID], b.pages[said.Session]
		delete(b.waiting, said.ID)
		b.mu.Unlock()
		switch {
		case answer != nil:
			answer <- said.message
		case page != nil && said.Method != "":
			page.heed(said.Method, said.Params)
		}
	}
}

// call makes the browser do something; into takes the result, unless it is nil.
func (b *Browser) call(t testing.TB, session, method string, params, into any) {
	t.Helper()
	answer := make(chan message, 1)
	b.mu.Lock()
	b.last++
	id := b.last
	b.waiting[id] = answer
	text, err := json.Marshal(message{ID: id, Method: method, Session: session, Params: params})
	if err == nil {
		_, err = b.commands.Write(append(text, 0))
	}
	b.mu.Unlock()
	require.NoError(t, err, method)
	select {
	case said := <-answer:
		require.Nil(t, said.Error, "%s: %+v", method, said.Error)
		if into != nil {
			require.NoError(t, json.Unmarshal(said.Result, into), method)
		}
	case <-time.After(patience):
		require.FailNow(t, "Chromium does not answer", method)
	}
}
