package e2e_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// canaries are secrets that must not get out. Each is long and odd enough not to be anywhere by chance.
type canaries []string

// forms are the ways in which a program might quote a secret, of which none may be seen.
func (c canaries) forms() map[string]string {
	forms := map[string]string{}
	for _, secret := range c {
		quoted, _ := json.Marshal(secret) // a text always marshals
		forms[secret] = "as it is"
		forms[secret[:9]] = "only its beginning"
		forms[string(quoted[1:len(quoted)-1])] = "escaped for JSON"
		forms[strings.Trim(strconv.Quote(secret), `"`)] = "escaped for Go"
		forms[url.QueryEscape(secret)] = "escaped for a URL"
		forms[hex.EncodeToString([]byte(secret))] = "in hexadecimal"
		forms[strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]")] = "as numbers"
		for line := range strings.Lines(secret) {
			forms[strings.TrimSpace(line)] = "one line of it"
		}
		for offset := range 3 { // base64 of a text that it is a part of, wherever it begins there
			encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", offset) + secret))
			middle := encoded[4*((offset+2)/3) : len(encoded)-3]
			forms[middle] = "in base64"
			forms[strings.NewReplacer("+", "-", "/", "_").Replace(middle)] = "in base64 for URLs"
		}
	}
	return forms
}

// requireNone requires that none of them is in a text.
func (c canaries) requireNone(t *testing.T, where, text string) {
	t.Helper()
	for form, how := range c.forms() {
		if at := strings.Index(text, form); at >= 0 {
			t.Fatalf("a secret is in %s, %s: …%s…", where, how, text[max(0, at-200):min(len(text), at+len(form)+100)])
		}
	}
}

// requireNoneInCluster requires that none is in anything of the world's namespace that a reader without a right to Secrets can see.
func (c canaries) requireNoneInCluster(t *testing.T, w *world) {
	t.Helper()
	events, err := w.core.CoreV1().Events(w.namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	body, err := json.Marshal(events)
	require.NoError(t, err)
	c.requireNone(t, "an Event", string(body))
	objects, err := w.resource(t, api.APIVersion, api.KindExternalSecret, w.namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, object := range objects.Items {
		body, err := json.Marshal(object.Object["status"])
		require.NoError(t, err)
		c.requireNone(t, "the status of "+object.GetName(), string(body))
	}
	secrets, err := w.core.CoreV1().Secrets(w.namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, s := range secrets.Items {
		body, err := json.Marshal(s.ObjectMeta)
		require.NoError(t, err)
		c.requireNone(t, "the metadata of Secret "+s.Name, string(body))
	}
}
