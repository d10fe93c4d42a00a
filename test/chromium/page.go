package chromium

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Page is a page in a tab of its own.
type Page struct {
	browser *Browser
	session string

	mu       sync.Mutex
	loaded   chan struct{}
	requests []request
	said     []string
}

// request is one that the page makes.
type request struct{ id, url string }

// Any are the parameters of the protocol.
type Any map[string]any

// NewPage opens an empty tab of a size, in pixels.
func (b *Browser) NewPage(t testing.TB, width, height int) *Page {
	t.Helper()
	var target struct {
		ID string `json:"targetId"`
	}
	b.call(t, "", "Target.createTarget", Any{"url": "about:blank"}, &target)
	var attached struct {
		Session string `json:"sessionId"`
	}
	b.call(t, "", "Target.attachToTarget", Any{"targetId": target.ID, "flatten": true}, &attached)
	p := &Page{browser: b, session: attached.Session}
	b.mu.Lock()
	b.pages[p.session] = p
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		p.Call(t, domain+".enable", nil, nil)
	}
	p.Size(t, width, height)
	return p
}

// Call makes the tab do something that Chromium's protocol has; into takes the result, unless it is nil.
func (p *Page) Call(t testing.TB, method string, params, into any) {
	t.Helper()
	p.browser.call(t, p.session, method, params, into)
}

// heed takes note of what happens in the page.
func (p *Page) heed(method string, params json.RawMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch method {
	case "Page.loadEventFired":
		if p.loaded != nil {
			close(p.loaded)
			p.loaded = nil
		}
	case "Network.requestWillBeSent":
		var sent struct {
			RequestID string
			Request   struct{ URL string }
		}
		_ = json.Unmarshal(params, &sent)
		p.requests = append(p.requests, request{sent.RequestID, sent.Request.URL})
	case "Network.loadingFailed":
		var failed struct{ RequestID, BlockedReason string }
		_ = json.Unmarshal(params, &failed)
		if failed.BlockedReason == "csp" { // it was not let out
			p.requests = slices.DeleteFunc(p.requests, func(r request) bool { return r.id == failed.RequestID })
		}
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening":
		p.said = append(p.said, method+" "+string(params))
	}
}

// Open opens an address and waits until the page has loaded. It tells how long that took.
func (p *Page) Open(t testing.TB, address string) time.Duration {
	t.Helper()
	loaded := make(chan struct{})
	p.mu.Lock()
	p.loaded, p.requests, p.said = loaded, nil, nil
	p.mu.Unlock()
	began := time.Now()
	p.Call(t, "Page.navigate", Any{"url": address}, nil)
	select {
	case <-loaded:
	case <-time.After(patience):
		require.FailNow(t, "the page does not load", address)
	}
	return time.Since(began)
}

// Requests are the addresses that the page has asked for, its own among them, less those that its policy has held back.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var urls []string
	for _, r := range p.requests {
		urls = append(urls, r.url)
	}
	return urls
}

// Said is what the page has written to the console, what it has thrown, what it has shown in dialogs, and what the browser has
// complained about.
func (p *Page) Said() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.said...)
}

// Eval evaluates an expression in the page, a promise to its end; into takes its value, as JSON, unless it is nil.
func (p *Page) Eval(t testing.TB, expression string, into any) {
	t.Helper()
	var answer struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Exception struct{ Description string } `json:"exception"`
		} `json:"exceptionDetails"`
	}
	p.Call(t, "Runtime.evaluate", Any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &answer)
	if answer.Exception != nil {
		require.FailNow(t, "the script fails", answer.Exception.Exception.Description)
	}
	if into != nil {
		require.NoError(t, json.Unmarshal(answer.Result.Value, into), expression)
	}
}

// Size sets the size of the window, in pixels.
func (p *Page) Size(t testing.TB, width, height int) {
	t.Helper()
	p.Call(t, "Emulation.setDeviceMetricsOverride", Any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}

// Prefer sets a media feature, such as prefers-color-scheme to dark.
func (p *Page) Prefer(t testing.TB, feature, value string) {
	t.Helper()
	p.Call(t, "Emulation.setEmulatedMedia", Any{"features": []Any{{"name": feature, "value": value}}}, nil)
}

// WithoutScripts lets no page of the tab run scripts of its own.
func (p *Page) WithoutScripts(t testing.TB) {
	t.Helper()
	p.Call(t, "Emulation.setScriptExecutionDisabled", Any{"value": true}, nil)
}

// Press presses a key: Tab, Enter or Space.
func (p *Page) Press(t testing.TB, key string) {
	t.Helper()
	known, ok := map[string]struct {
		code int
		text string
	}{"Tab": {9, ""}, "Enter": {13, "\r"}, "Space": {32, " "}}[key]
	require.True(t, ok, "key %q is not known here", key)
	event := Any{"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": known.code, "text": known.text}
	if key == "Space" {
		event["key"] = known.text
	}
	p.Call(t, "Input.dispatchKeyEvent", event, nil)
	event["type"], event["text"] = "keyUp", ""
	p.Call(t, "Input.dispatchKeyEvent", event, nil)
}

// Type types a text into what has the focus.
func (p *Page) Type(t testing.TB, text string) {
	t.Helper()
	p.Call(t, "Input.insertText", Any{"text": text}, nil)
}

// Shoot takes a picture of the page, of all its length if whole, as a PNG in a file.
func (p *Page) Shoot(t testing.TB, file string, whole bool) {
	t.Helper()
	var shot struct {
		Data string `json:"data"`
	}
	p.Call(t, "Page.captureScreenshot", Any{"format": "png", "captureBeyondViewport": whole}, &shot)
	png, err := base64.StdEncoding.DecodeString(shot.Data)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, png, 0o600))
}

// Accessible is what is told of a node to who does not see the page.
type Accessible struct {
	Role, Name string
	Level      int
}

// Accessibility is the tree of what is told to who does not see the page, from top to bottom, without what is ignored.
func (p *Page) Accessibility(t testing.TB) []Accessible {
	t.Helper()
	type value struct {
		Value any `json:"value"`
	}
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name value
			Properties []struct {
				Name  string
				Value value
			}
		}
	}
	p.Call(t, "Accessibility.getFullAXTree", nil, &tree)
	var all []Accessible
	for _, node := range tree.Nodes {
		if node.Ignored {
			continue
		}
		role, _ := node.Role.Value.(string)
		name, _ := node.Name.Value.(string)
		told := Accessible{Role: role, Name: name}
		for _, property := range node.Properties {
			if level, ok := property.Value.Value.(float64); ok && property.Name == "level" {
				told.Level = int(level)
			}
		}
		all = append(all, told)
	}
	return all
}
