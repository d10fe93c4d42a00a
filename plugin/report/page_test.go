package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/internal/golden"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// written is the page of a fleet.
func written(t *testing.T, f *Fleet) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, WritePage(f, &out))
	return out.String()
}

// between is the text between two others.
func between(t *testing.T, text, begin, end string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, begin)
	require.True(t, ok, begin)
	inner, _, ok := strings.Cut(rest, end)
	require.True(t, ok, end)
	return inner
}

func TestReportInEachForm(t *testing.T) {
	f := small()
	for i := range f.Causes { // what is known of failures is not to be read here
		known := &f.Causes[i].Diagnosis
		if *known = (diagnose.Diagnosis{ID: known.ID, Owner: known.Owner, Retry: known.Retry}); known.ID != diagnose.Unknown {
			known.Cause = "The first sentence of what is behind it. And another."
		}
		known.Check, known.Fix = "Look at it:\n$ kubectl get it", "Mend it."
	}
	golden.Assert(t, *update, "page.html", between(t, written(t, f), "<body>", "<script>"))
	var summary bytes.Buffer
	require.NoError(t, writeSummary(f, &summary))
	golden.Assert(t, *update, "summary", summary.String())
	document, err := yaml.Marshal(f)
	require.NoError(t, err)
	golden.Assert(t, *update, "fleet.yaml", string(document))
}

func TestReportOfWhatIsNotKnown(t *testing.T) {
	b := newBuilder()
	b.add("shop", "db", "aws", "1h", 20*minute)
	b.g.secrets, b.g.changed, b.g.users, b.g.servers = nil, nil, nil, nil
	b.g.stores[storeKey{"ClusterSecretStore", "", "aws"}] = Store{}
	for _, part := range []string{partStores, partEvents, partSecrets, partWorkloads, partPods, partRefreshers, partRuns} {
		b.g.unknown = append(b.g.unknown, Unknown{part, "you may not read " + part})
	}
	f := assemble(Scope{Namespace: "shop"}, &b.g)
	golden.Assert(t, *update, "page-unknown.html", between(t, written(t, f), "<body>", "<script>"))
	var summary bytes.Buffer
	require.NoError(t, writeSummary(f, &summary))
	golden.Assert(t, *update, "summary-unknown", summary.String())
}

func TestReportOfNothing(t *testing.T) {
	b := newBuilder()
	b.g.servers = nil
	f := assemble(Scope{Namespace: "shop", LabelSelector: "team=a"}, &b.g)
	page := written(t, f)
	assert.Contains(t, page, "There are no ExternalSecrets in namespace shop, labels team=a.")
	assert.Contains(t, page, "nobody that was seen in the cluster")
	assert.Contains(t, page, "No run of the runner is known.")
	document, err := yaml.Marshal(f)
	require.NoError(t, err)
	assert.NotContains(t, string(document), "null", "a list that is empty is a list")
}

func TestThePolicyPermitsThePageItselfOnly(t *testing.T) {
	page := written(t, small())
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "&#39;sha256-" + strings.ReplaceAll(base64.StdEncoding.EncodeToString(sum[:]), "+", "&#43;") + "&#39;"
	}
	policy := between(t, page, `http-equiv="Content-Security-Policy" content="`, `"`)
	assert.Equal(t, "default-src &#39;none&#39;; style-src "+hash(between(t, page, "<style>", "</style>"))+
		"; script-src "+hash(between(t, page, "<script>", "</script>"))+"; base-uri &#39;none&#39;; form-action &#39;none&#39;", policy)
	assert.Less(t, strings.Index(page, "Content-Security-Policy"), strings.Index(page, "<style>"), "it holds for what comes after it")
	for _, outside := range []string{"http://", "https://", "//cdn", "url(", "@import", "src=", "<link", "<iframe", "style="} {
		assert.NotContains(t, page, outside)
	}
	assert.Empty(t, regexp.MustCompile(`\son\w+=`).FindString(page), "nothing is run by an attribute")
}

func TestCausesThatAreTooManyAreCounted(t *testing.T) {
	b := newBuilder()
	const objects = 40
	for i := range objects {
		item := b.add("shop", "es-"+number(i), "aws", "1h", minute)
		fail(item, "could not get secret data from provider: gremlin "+strings.Repeat("x", i+1))
	}
	f := assemble(Scope{}, &b.g)
	require.Len(t, f.Causes, objects)
	page := written(t, f)
	assert.Equal(t, mostCauses, strings.Count(page, `<article class="cause"`))
	assert.Contains(t, page, "And 10 more causes, of fewer ExternalSecrets")
	assert.Contains(t, page, `data-c="40"`, "the list has all of them")
}

func TestMessagesAreHidden(t *testing.T) {
	b := newBuilder()
	b.add("shop", "db", "aws", "1h", minute)
	fail(&b.g.seen.Items[0], "could not log in with password=hunter2-hunter2 at https://ada:hunter3-hunter3@vault.example")
	b.run(minute, 1, 1, 1)
	b.g.runs[0].Message = "token=hunter4-hunter4"
	b.g.runs[0].Report.Notes = []string{"\x1b[31mAuthorization: Bearer hunter5-hunter5"}
	f := assemble(Scope{}, &b.g)
	document, err := yaml.Marshal(f)
	require.NoError(t, err)
	for where, text := range map[string]string{"the page": written(t, f), "the document": string(document)} {
		assert.NotContains(t, text, "hunter", where)
		assert.NotContains(t, text, "\x1b", where)
		assert.Contains(t, text, "redacted", where)
	}
}
