package report

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/chromium"
)

// opened opens the page of a fleet as a file, in a window of a size.
func opened(t *testing.T, b *chromium.Browser, f *Fleet, wide, high int, prepare ...func(*chromium.Page)) *chromium.Page {
	t.Helper()
	file := filepath.Join(t.TempDir(), "fleet.html")
	require.NoError(t, os.WriteFile(file, []byte(written(t, f)), 0o600))
	p := b.NewPage(t, wide, high)
	for _, first := range prepare {
		first(p)
	}
	took := p.Open(t, "file://"+file)
	t.Logf("loaded in %s", took)
	require.Empty(t, p.Said(), "the browser has nothing to complain about")
	require.Equal(t, []string{"file://" + file}, p.Requests(), "it asks for nothing else")
	return p
}

// told is a text that the page has of an element.
func told(t *testing.T, p *chromium.Page, selector string) string {
	t.Helper()
	var text string
	p.Eval(t, fmt.Sprintf("document.querySelector(%q).innerText", selector), &text)
	return text
}

// shown are the names of the ExternalSecrets whose rows can be seen.
func shown(t *testing.T, p *chromium.Page) []string {
	t.Helper()
	var names []string
	p.Eval(t, `[...document.querySelectorAll("table.chain tbody tr")].filter(r => r.checkVisibility()).map(r => r.querySelector("th").firstChild.textContent)`, &names)
	return names
}

// settle waits until the page has done what it was asked for.
func settle(t *testing.T, p *chromium.Page) {
	t.Helper()
	p.Eval(t, "new Promise(done => setTimeout(done, 250))", nil)
}

// hostile is a fleet of which each text that others can write is an attack.
func hostile() *Fleet {
	attacks := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</script><script>alert(1)</script>`,
		`</style><script>alert(1)</script>`, `javascript:alert(1)`, `<svg onload=alert(1)>`, `--><script>alert(1)</script>`, `</title><script>alert(1)</script>`,
		`{{.Total}}<iframe src="https://evil.example/">`, "\u202egpj.exe\u2066", "\x1b[31m\x00", `<base href="https://evil.example/">`,
		`<meta http-equiv=refresh content="0;url=https://evil.example/">`, `<link rel=stylesheet href="https://evil.example/x.css">`,
	}
	b := newBuilder()
	for i, attack := range attacks {
		item := b.add(attack, attack, attack, "1h", 5*minute)
		fail(item, attack+" "+attack)
		item.Reason, item.RefreshInterval = attack, attack
		if i%2 == 0 {
			item.SecretName, item.Target = "", attack
		}
		id := secretOf(status.Item{Metadata: item.Metadata, SecretName: attack})
		b.g.users[id] = consumers.Found{
			Workloads: []consumers.Workload{{Kind: attack, Name: attack, Stale: []string{attack}}}, Pods: []consumers.Pod{{Name: attack}},
		}
		store := b.g.stores[storeKey{"ClusterSecretStore", "", attack}]
		store.Provider, store.Class, store.Ready = attack, attack, &status.Ready{Status: "False", Reason: attack, Message: attack}
		if i%3 == 0 {
			store.Error = attack
		}
		b.g.stores[storeKey{"ClusterSecretStore", "", attack}] = store
		b.run(minute, 1, 1, 1)
		run := &b.g.runs[len(b.g.runs)-1]
		run.Name, run.Message, run.State = attack, attack, "SomeFailed"
		run.Report.Requests[attack] = 1
		b.g.unknown = append(b.g.unknown, Unknown{attack, attack})
		server := b.g.servers[0]
		server.Name, server.Class = attack, attack
		b.g.servers = append(b.g.servers, server)
	}
	everything := strings.Join(attacks, " ")
	return assemble(Scope{Context: everything, LabelSelector: everything, FieldSelector: everything}, &b.g)
}

func TestNothingOfOthersRunsInThePage(t *testing.T) {
	b := chromium.Start(t)
	p := opened(t, b, hostile(), 1280, 1000)
	var found map[string]int
	p.Eval(t, `(() => {
		const all = [...document.querySelectorAll("*")];
		return {
			scripts: document.scripts.length, styles: document.querySelectorAll("style, link").length,
			foreign: document.querySelectorAll("img, iframe, base, object, embed, [src], svg script, meta[http-equiv=refresh]").length,
			handlers: all.filter(e => [...e.attributes].some(a => a.name.startsWith("on"))).length,
			links: all.filter(e => e.hasAttribute("href") && !e.getAttribute("href").startsWith("#")).length,
			disguises: (document.documentElement.outerHTML.match(/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\u001b\u0000]/g) || []).length,
			rows: document.querySelectorAll("table.chain tbody tr").length,
		};
	})()`, &found)
	assert.Equal(t, map[string]int{"scripts": 1, "styles": 1, "foreign": 0, "handlers": 0, "links": 0, "disguises": 0, "rows": 15}, found)
	for _, selector := range []string{"details", "a", "summary", "button", "tr"} { // what can be touched is touched
		p.Eval(t, fmt.Sprintf(`document.querySelectorAll(%q).forEach(e => { if (e.tagName === "DETAILS") e.open = true; else { e.dispatchEvent(new MouseEvent("mouseover", {bubbles: true})); e.click(); } })`, selector), nil)
	}
	p.Eval(t, `(q => { q.value = "<script>"; q.dispatchEvent(new Event("input")); })(document.getElementById("q"))`, nil)
	settle(t, p)
	assert.Empty(t, p.Said())
	assert.Len(t, p.Requests(), 1)
	assert.Contains(t, told(t, p, "#causes"), "<script>alert(1)</script>", "it is shown as what it is")
}

// The policy is the second door: what would get through the first does not run.
func TestThePolicyIsInForce(t *testing.T) {
	p := opened(t, chromium.Start(t), small(), 1280, 1000)
	p.Eval(t, `(() => {
		const script = document.createElement("script");
		script.textContent = "window.taken = true";
		document.body.append(script);
		const image = document.createElement("img");
		image.setAttribute("onerror", "window.taken = true");
		image.src = "https://evil.example/x.png";
		document.body.append(image);
	})()`, nil)
	settle(t, p)
	var taken bool
	p.Eval(t, "!!window.taken", &taken)
	assert.False(t, taken)
	assert.NotEmpty(t, p.Said(), "the browser tells that it has refused something")
	assert.Len(t, p.Requests(), 1, "not even a picture is asked for")
}

func TestAPageOfTenThousandIsUsable(t *testing.T) {
	const objects, mostBytes = 10_000, 4 << 20
	f := large(objects)
	began := time.Now()
	size := len(written(t, f))
	t.Logf("%d bytes, written in %s", size, time.Since(began))
	assert.Less(t, size, mostBytes)

	p := opened(t, chromium.Start(t), f, 1280, 1000)
	var times struct{ Interactive, Loaded, Elements float64 }
	p.Eval(t, `(n => ({interactive: n.domInteractive, loaded: n.loadEventEnd, elements: document.querySelectorAll("*").length}))(performance.getEntriesByType("navigation")[0])`, &times)
	t.Logf("interactive after %.0f ms, loaded after %.0f ms, %.0f elements", times.Interactive, times.Loaded, times.Elements)
	const patience = 5000 // milliseconds, on a machine that does other things
	assert.Less(t, times.Loaded, float64(patience))

	filter := func(text string) float64 {
		var took float64
		p.Eval(t, fmt.Sprintf(`new Promise(done => {
			const q = document.getElementById("q"), began = performance.now();
			new MutationObserver((_, o) => { o.disconnect(); document.body.offsetHeight; done(performance.now() - began - 120); })
				.observe(document.getElementById("found"), {childList: true});
			q.value = %q;
			q.dispatchEvent(new Event("input"));
		})`, text), &took)
		return took
	}
	first := filter("team-002 app-001")
	hits := shown(t, p)
	assert.Contains(t, hits, "app-00190-credentials")
	assert.NotContains(t, hits, "app-00250-credentials")
	assert.Equal(t, fmt.Sprintf("%d of 10,000 ExternalSecrets", len(hits)), told(t, p, "#found"))
	second := filter("app-09999")
	assert.Equal(t, []string{"app-09999-credentials"}, shown(t, p))
	t.Logf("the first filter took %.0f ms, the second %.0f ms", first, second)
	assert.Less(t, first, float64(patience))
	filter("")
	assert.Empty(t, shown(t, p), "all is folded again")

	p.Eval(t, `document.querySelector("a[data-state=failed]").click()`, nil)
	settle(t, p)
	assert.Len(t, shown(t, p), f.States[status.Failed])
}

func TestThePageCanBeReadWithoutScripts(t *testing.T) {
	f := small()
	p := opened(t, chromium.Start(t), f, 1280, 1000, func(p *chromium.Page) { p.WithoutScripts(t) })
	assert.Len(t, shown(t, p), f.Total)
	var offered int
	p.Eval(t, `[...document.querySelectorAll("form, .js, input, button")].filter(e => e.checkVisibility()).length`, &offered)
	assert.Zero(t, offered, "what would not work is not shown")
}

func TestThePageIsOperatedWithKeys(t *testing.T) {
	p := opened(t, chromium.Start(t), small(), 1280, 1000)
	focused := func() string {
		var on string
		p.Eval(t, `(e => e.tagName + " " + (e.id || e.dataset.state || e.getAttribute("aria-label") || e.textContent).slice(0, 40))(document.activeElement)`, &on)
		return on
	}
	p.Press(t, "Tab")
	require.Equal(t, "A Skip to the list", focused())
	var visible bool
	p.Eval(t, "document.activeElement.getBoundingClientRect().left >= 0", &visible)
	require.True(t, visible, "what has the focus is seen")
	var order []string
	for range 12 {
		p.Press(t, "Tab")
		order = append(order, focused())
		var outlined bool
		p.Eval(t, `getComputedStyle(document.activeElement).outlineStyle !== "none"`, &outlined)
		require.True(t, outlined, focused())
	}
	require.Equal(t, []string{"A State", "A Freshness", "A Failures", "A Graph", "A Runs", "A List"}, order[:6])
	require.Equal(t, []string{"A synced", "A failed", "A stale", "A atrisk", "A neversynced"}, order[6:11])

	p.Eval(t, `document.querySelector("a[data-state=failed]").focus()`, nil)
	p.Press(t, "Enter")
	settle(t, p)
	assert.Equal(t, "INPUT q", focused())
	assert.Equal(t, []string{"audit", "ledger", "odd"}, shown(t, p))
	p.Type(t, "vault")
	settle(t, p)
	assert.Equal(t, []string{"odd"}, shown(t, p))
	assert.Equal(t, "1 of 12 ExternalSecrets", told(t, p, "#found"))

	p.Eval(t, `document.querySelector("a[data-cause='1']").focus()`, nil)
	p.Press(t, "Enter")
	settle(t, p)
	assert.Equal(t, []string{"audit", "ledger"}, shown(t, p))
	p.Eval(t, `document.getElementById("cause-off").focus()`, nil)
	p.Press(t, "Space")
	settle(t, p)
	assert.Len(t, shown(t, p), 12)
	p.Eval(t, `document.querySelector("details.ns summary").focus()`, nil)
	p.Press(t, "Enter")
	assert.Len(t, shown(t, p), 6, "a namespace is folded")
}

func TestThePageIsToldToWhoDoesNotSeeIt(t *testing.T) {
	p := opened(t, chromium.Start(t), small(), 1280, 1000)
	tree := p.Accessibility(t)
	named := func(role string) []string {
		var names []string
		for _, node := range tree {
			if node.Role == role {
				names = append(names, node.Name)
			}
		}
		return names
	}
	level := 0
	for _, node := range tree {
		if node.Role != "heading" {
			continue
		}
		assert.LessOrEqual(t, node.Level, level+1, "no level is left out before %q", node.Name)
		assert.NotEmpty(t, node.Name)
		level = node.Level
	}
	assert.Len(t, named("main"), 1)
	assert.Equal(t, []string{"Parts of this page"}, named("navigation"))
	assert.Equal(t, []string{"Filter the list"}, named("search"))
	assert.Equal(t, []string{"Filter"}, named("searchbox"))
	for _, region := range []string{
		"State", "Freshness against interval", "Failures and risks by cause", "Store, ExternalSecret, Secret, workload", "Last runs", "ExternalSecrets by namespace",
	} {
		assert.Contains(t, named("region"), region)
	}
	for _, role := range []string{"table", "image", "link", "button", "checkbox", "article", "region"} {
		for _, name := range named(role) {
			assert.NotEmpty(t, name, "a %s has a name", role)
		}
	}
	assert.GreaterOrEqual(t, len(named("table")), 4)
	assert.True(t, slices.ContainsFunc(named("image"), func(name string) bool { return strings.HasPrefix(name, "3 stores feed 12 ExternalSecrets") }))
	for _, sign := range []string{"●", "✖", "→"} {
		assert.NotContains(t, strings.Join(named("StaticText"), " "), sign, "signs are for the eye")
	}
}

// contrasts are the texts of the page that stand out too little from what is behind them: below 4.5 to 1, or 3 to 1 for large ones.
const contrasts = `(() => {
	const parse = c => { const m = c.match(/[\d.]+/g).map(Number); return {rgb: m.slice(0, 3), a: m.length > 3 ? m[3] : 1}; };
	const luminance = rgb => rgb.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
	const behind = e => {
		for (; e; e = e.parentElement) {
			const c = parse(getComputedStyle(e).backgroundColor);
			if (c.a === 1) return c.rgb;
		}
		return [255, 255, 255];
	};
	const bad = [];
	let n = 0;
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.textContent.trim() || !e.checkVisibility() || e.closest("title, script, .hidden")) continue;
		const style = getComputedStyle(e);
		const colour = parse(e instanceof SVGElement ? style.fill : style.color).rgb;
		const [a, b] = [luminance(colour), luminance(behind(e))].sort((x, y) => y - x);
		const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.7 && style.fontWeight >= 700);
		const ratio = (a + .05) / (b + .05);
		n++;
		if (ratio < (large ? 3 : 4.5)) bad.push(ratio.toFixed(2) + " " + e.tagName + "." + e.getAttribute("class") + " " + walk.currentNode.textContent.slice(0, 40));
	}
	return {n, bad};
})()`

func TestThePageStandsOutLightAndDark(t *testing.T) {
	b := chromium.Start(t)
	f := small()
	f.Items[0].State, f.Items[1].State = status.Incomplete, status.Skipped // which the fleet has not
	f.States[status.Incomplete], f.States[status.Skipped] = 1, 1
	backgrounds := map[string]bool{}
	for _, scheme := range []string{"light", "dark"} {
		p := opened(t, b, f, 1280, 1000, func(p *chromium.Page) { p.Prefer(t, "prefers-color-scheme", scheme) })
		p.Eval(t, `document.querySelectorAll("details").forEach(d => d.open = true)`, nil)
		var found struct {
			N   int
			Bad []string
		}
		p.Eval(t, contrasts, &found)
		assert.Empty(t, found.Bad, scheme)
		assert.Greater(t, found.N, 200, "texts were looked at")
		var background string
		p.Eval(t, "getComputedStyle(document.body).backgroundColor", &background)
		backgrounds[background] = true
		p.Shoot(t, filepath.Join(t.ArtifactDir(), scheme+".png"), true)
	}
	assert.Len(t, backgrounds, 2, "dark is not light")
}

func TestThePageFitsAPhoneAndMovesForNobodyWhoDoesNotWantIt(t *testing.T) {
	const narrow = 390
	p := opened(t, chromium.Start(t), small(), narrow, 800, func(p *chromium.Page) { p.Prefer(t, "prefers-reduced-motion", "reduce") })
	var wide int
	p.Eval(t, "document.documentElement.scrollWidth", &wide)
	assert.LessOrEqual(t, wide, narrow)
	var scrolling string
	p.Eval(t, "getComputedStyle(document.documentElement).scrollBehavior", &scrolling)
	assert.Equal(t, "auto", scrolling)
	var moving int
	p.Eval(t, `[...document.querySelectorAll("*")].filter(e => (s => s.animationName !== "none" || s.transitionDuration !== "0s")(getComputedStyle(e))).length`, &moving)
	assert.Zero(t, moving)
}
