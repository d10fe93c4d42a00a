package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

func TestFilterPEM(t *testing.T) {
	one, two := issue(t, "one", nil, true), issue(t, "two", nil, true)
	key := one.keyPEM(t)
	for name, tc := range map[string]struct{ kind, text, want string }{
		"a certificate before a key":             {"CERTIFICATE", one.pem() + key, one.pem()},
		"a certificate after a key":              {"CERTIFICATE", key + one.pem(), one.pem()},
		"all certificates":                       {"CERTIFICATE", one.pem() + key + two.pem(), one.pem() + two.pem()},
		"a key":                                  {"PRIVATE KEY", one.pem() + key, key},
		"a type in another case":                 {"private key", one.pem() + key, key},
		"text before the first block is skipped": {"PRIVATE KEY", "Bag Attributes: x\n" + key, key},
		"text between blocks is skipped":         {"PRIVATE KEY", one.pem() + "subject=x\n" + key, key},
		"text after what is found is skipped":    {"PRIVATE KEY", key + "x\n", key},
		"a type that is not there gives nothing": {"PUBLIC KEY", one.pem() + key, ""},
		"nothing gives nothing":                  {"CERTIFICATE", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := render(`{{ filterPEM .kind .text }}`, map[string]string{"kind": tc.kind, "text": tc.text}, engine.Options{})
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
	for name, text := range map[string]string{"text that is no PEM": "hello", "text after PEM of another type": one.pem() + "hello"} {
		t.Run(name+" is an error", func(t *testing.T) {
			_, err := render(`{{ filterPEM "PRIVATE KEY" .text }}`, map[string]string{"text": text}, engine.Options{})
			require.EqualError(t, err, "line 1: filterPEM: the text is not PEM throughout, and has no block of the type")
		})
	}
}

func TestFilterCertChain(t *testing.T) {
	for _, ids := range []bool{true, false} {
		leaf, lower, upper, root := chainOf(t, ids)
		ordered := leaf.pem() + lower.pem() + upper.pem() + root.pem()
		shuffled := upper.pem() + leaf.pem() + root.pem() + lower.pem()
		for name, tc := range map[string]struct{ kind, text, want string }{
			"the leaf of a chain":                         {"leaf", ordered, leaf.pem()},
			"the leaf of a chain out of order":            {"leaf", shuffled, leaf.pem()},
			"the intermediates in order":                  {"intermediate", shuffled, lower.pem() + upper.pem()},
			"the root":                                    {"root", shuffled, root.pem()},
			"the intermediates of a chain without root":   {"intermediate", upper.pem() + leaf.pem() + lower.pem(), lower.pem() + upper.pem()},
			"no root in a chain without one":              {"root", leaf.pem() + lower.pem(), ""},
			"no intermediates of a leaf alone":            {"intermediate", leaf.pem(), ""},
			"the leaf alone":                              {"leaf", leaf.pem(), leaf.pem()},
			"no root in a leaf alone":                     {"root", leaf.pem(), ""},
			"no leaf in a certificate that issued itself": {"leaf", root.pem(), ""},
			"a root alone":                                {"root", root.pem(), root.pem()},
			"the intermediate of a shorter chain":         {"intermediate", lower.pem() + upper.pem() + root.pem(), upper.pem()},
		} {
			t.Run(name+map[bool]string{true: " by key identifiers", false: " by names"}[ids], func(t *testing.T) {
				got, err := render(`{{ filterCertChain .kind .text }}`, map[string]string{"kind": tc.kind, "text": tc.text}, engine.Options{})
				require.NoError(t, err)
				assert.Equal(t, tc.want, got)
			})
		}
		for name, tc := range map[string]struct{ kind, text, want string }{
			"an unknown kind":    {"Leaf", ordered, "the kind is none of leaf, intermediate and root"},
			"no certificate":     {"leaf", "", "the text has no certificate in PEM"},
			"two leaves":         {"leaf", ordered + issue(t, "other", &lower, ids).pem(), "the certificates are not one chain: more than one of them issued none of the others"},
			"the same one again": {"leaf", leaf.pem() + leaf.pem() + lower.pem(), "the certificates are not one chain: more than one of them issued none of the others"},
			"a key among them":   {"leaf", leaf.pem() + leaf.keyPEM(t), `PEM block 2 is not a certificate that can be read; filterPEM "CERTIFICATE" keeps the certificates`},
		} {
			t.Run(name+" is an error", func(t *testing.T) {
				_, err := render(`{{ filterCertChain .kind .text }}`, map[string]string{"kind": tc.kind, "text": tc.text}, engine.Options{})
				require.EqualError(t, err, "line 1: filterCertChain: "+tc.want)
			})
		}
	}
}

func TestCertificatesThatIssuedEachOtherAreNoChain(t *testing.T) {
	a := issue(t, "a", nil, false)
	b := issueFor(t, "b", a.key, &a, false)
	a = issueFor(t, "a", a.key, &b, false)
	_, err := render(`{{ filterCertChain "leaf" .text }}`, map[string]string{"text": a.pem() + b.pem()}, engine.Options{})
	require.EqualError(t, err, "line 1: filterCertChain: the certificates are not a chain: each of them issued another")

	leaf := issue(t, "leaf", &a, false)
	_, err = render(`{{ filterCertChain "leaf" .text }}`, map[string]string{"text": leaf.pem() + a.pem() + b.pem()}, engine.Options{})
	require.EqualError(t, err, "line 1: filterCertChain: the certificates are not a chain: they issued each other")
}

func TestCertSANs(t *testing.T) {
	leaf, lower, _, _ := chainOf(t, true)
	want := "leaf.example.com,www.example.com,192.0.2.1,2001:db8::1,leaf@example.com,spiffe://example.com/leaf"
	for name, text := range map[string]string{
		"one certificate":           leaf.pem(),
		"the first of several":      leaf.pem() + lower.pem(),
		"a certificate behind text": "subject=x\n" + leaf.pem(),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := render(`{{ certSANs .text | join "," }}`, map[string]string{"text": text}, engine.Options{})
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
	for name, tc := range map[string]struct{ text, want string }{
		"no PEM": {"x", "the text has no certificate in PEM"},
		"a key":  {leaf.keyPEM(t), `PEM block 1 is not a certificate that can be read; filterPEM "CERTIFICATE" keeps the certificates`},
	} {
		t.Run(name+" is an error", func(t *testing.T) {
			_, err := render(`{{ certSANs .text }}`, map[string]string{"text": tc.text}, engine.Options{})
			require.EqualError(t, err, "line 1: certSANs: "+tc.want)
		})
	}
}
