package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

//go:embed assets
var assets embed.FS

// page is what the template shows.
type page struct {
	*Fleet
	CSS template.CSS
	JS  template.JS
	// Policy keeps the page from loading, sending or running anything but what is in it.
	Policy string

	Well       int
	States     []stateRow
	Freshness  []freshnessRow
	Causes     []causeCard
	MoreCauses int
	Graph      *graph
	Runs       []runRow
	Namespaces []namespaceView
}

// WritePage writes a report as one HTML page that needs nothing beside it.
func WritePage(f *Fleet, out io.Writer) error {
	text, err := assets.ReadFile("assets/page.html")
	if err != nil {
		return fmt.Errorf("read the page's template: %w", err)
	}
	parsed, err := template.New("page").Funcs(template.FuncMap{
		"number": number, "plural": plural, "stamp": stamp, "where": f.Scope.where, "unknown": f.unknown,
	}).Parse(string(text))
	if err != nil {
		return fmt.Errorf("read the page's template: %w", err)
	}
	style, script, err := readAssets()
	if err != nil {
		return err
	}
	shown := &page{
		Fleet: f, CSS: template.CSS(style), JS: template.JS(script), Policy: policyOf(style, script), //nolint:gosec // our own files
		Well: f.Total - f.broken(), States: f.stateRows(), Freshness: f.freshnessRows(), Causes: f.causeCards(), MoreCauses: max(0, len(f.Causes)-mostCauses), Graph: f.drawGraph(),
		Runs: f.runRows(), Namespaces: f.namespaceViews(),
	}
	var written bytes.Buffer
	if err := parsed.Execute(&written, shown); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	_, err = out.Write(bytes.Map(plain, written.Bytes()))
	return err
}

// plain replaces what is not to be in a page, wherever it came from: characters that make a text look like another.
func plain(r rune) rune {
	if secret.Unprintable(r) && r != '\n' && r != '\t' {
		return ' '
	}
	return r
}

func readAssets() (style, script string, err error) {
	css, err := assets.ReadFile("assets/page.css")
	if err != nil {
		return "", "", fmt.Errorf("read the page's style sheet: %w", err)
	}
	js, err := assets.ReadFile("assets/page.js")
	if err != nil {
		return "", "", fmt.Errorf("read the page's script: %w", err)
	}
	return string(css), string(js), nil
}

// policyOf permits the one style sheet and the one script, by their hashes, and nothing else.
func policyOf(style, script string) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(script) + "; base-uri 'none'; form-action 'none'"
}

// number writes a number with its thousands apart, such as 10,000.
func number(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// plural is a number with the word for it.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// cut shortens text to what fits.
func cut(text string, most int) string {
	const ellipsis = "…"
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return strings.TrimSpace(string(runes[:most-1])) + ellipsis
}

// stamp is a time for a program, and for a person who is anywhere.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }
