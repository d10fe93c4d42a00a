package core_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// ownedBy is a managed Secret of shop that an ExternalSecret controls, with the key k.
func ownedBy(externalSecret, name, value, resourceVersion string) string {
	return fmt.Sprintf("{metadata: {namespace: shop, name: %s, uid: u, resourceVersion: '%s', labels: {reconcile.external-secrets.io/managed: 'true', "+
		"reconcile.external-secrets.io/created-by: %s}, ownerReferences: [{apiVersion: external-secrets.io/v1, kind: ExternalSecret, name: %s, uid: uid-%[4]s, controller: true, blockOwnerDeletion: true}], "+
		"annotations: {reconcile.external-secrets.io/data-hash: %s}}, data: {k: %s}}", name, resourceVersion, api.OwnerLabel("shop", externalSecret), externalSecret,
		api.DataHash(map[string][]byte{"k": []byte(value)}), base64.StdEncoding.EncodeToString([]byte(value)))
}

// compared is a pass that compares: its report, and what it told of each target, as "EXTERNALSECRET: LIVE -> WANTED".
func compared(t *testing.T, s *server, store *shelf, change ...func(*core.Config)) (core.Report, []string) {
	t.Helper()
	var told []string
	report := pass(t, s, store, append(change, func(c *core.Config) {
		c.Force = true
		c.Compare = func(d core.Difference) error {
			told = append(told, fmt.Sprintf("%s: %s -> %s", d.ES.Name, keysOf(t, d.Live), keysOf(t, d.Wanted)))
			return nil
		}
	})...)
	slices.Sort(told)
	return report, told
}

// keysOf writes a Secret as NAME{KEY=VALUE}, or "nothing".
func keysOf(t *testing.T, object any) string {
	t.Helper()
	if object == nil {
		return "nothing"
	}
	s, ok := object.(*corev1.Secret)
	require.True(t, ok)
	var keys []string
	for key, value := range s.Data {
		keys = append(keys, key+"="+string(value))
	}
	slices.Sort(keys)
	return s.Name + "{" + strings.Join(keys, ",") + "}"
}

func TestAPassThatComparesTellsWhatItWouldWrite(t *testing.T) {
	gone := &shelf{value: func(string) provider.Answer {
		return provider.Answer{Err: &provider.Error{Kind: provider.NotFound, Op: "Read", Message: "there is none"}}
	}}
	for name, tc := range map[string]struct {
		externalSecret string
		secrets        []string
		store          *shelf
		want           []string
		outcome        string
	}{
		"a Secret that is to be made": {wants("db"), nil, nil, []string{"db: nothing -> db{k=value of db}"}, "created"},
		"one that differs":            {wants("db"), []string{ownedBy("db", "db", "old", "7")}, nil, []string{"db: db{k=old} -> db{k=value of db}"}, "updated"},
		"one that was changed after it was listed": {
			wants("db"), []string{ownedBy("db", "db", "newer", "8"), ownedBy("db", "db", "old", "7")}, nil, []string{"db: db{k=newer} -> db{k=value of db}"}, "updated",
		},
		"none where it was brought there after it was listed": {
			wants("db"), []string{ownedBy("db", "db", "value of db", "8"), ownedBy("db", "db", "old", "7")}, nil, nil, "unchanged",
		},
		"one that is there and not listed": {
			wants("db"), []string{"{metadata: {namespace: shop, name: db, uid: u, resourceVersion: '7'}, data: {j: eA==}}"}, nil,
			[]string{"db: db{j=x} -> db{k=value of db}"}, "updated",
		},
		"one that others have keys in": {
			strings.Replace(wants("db"), "spec: {", "spec: {target: {creationPolicy: Merge}, ", 1),
			[]string{"{metadata: {namespace: shop, name: db, uid: u, resourceVersion: '7'}, data: {j: eA==}}"}, nil,
			[]string{"db: db{j=x} -> db{j=x,k=value of db}"}, "updated",
		},
		"one that goes with what the provider had": {
			strings.Replace(wants("db"), "spec: {", "spec: {target: {deletionPolicy: Delete}, ", 1), []string{ownedBy("db", "db", "old", "7")}, gone,
			[]string{"db: db{k=old} -> nothing"}, "deleted",
		},
		"one under a former name": {
			strings.Replace(wants("db", "status: {binding: {name: former}}"), "spec: {", "spec: {target: {name: present}, ", 1), []string{ownedBy("db", "former", "old", "7")}, nil,
			[]string{"db: former{k=old} -> nothing", "db: nothing -> present{k=value of db}"}, "created",
		},
		"none where there is nothing to merge into": {
			strings.Replace(wants("db"), "spec: {", "spec: {target: {creationPolicy: Merge}, ", 1), nil, nil, nil, "skipped NoTarget",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {tc.externalSecret}, "secrets": tc.secrets}}
			store := tc.store
			if store == nil {
				store = &shelf{}
			}
			report, told := compared(t, s, store, func(c *core.Config) { c.DryRun = write.DryRunNone })
			assert.Equal(t, map[string]string{"db": tc.outcome}, outcomes(report), "%+v", report.Results)
			assert.Equal(t, tc.want, told)
			assert.Empty(t, s.writes, "nothing is written, nor asked to be checked")
		})
	}
}

func TestWhatCanNotBeTakenInByWhoComparesFailsThatExternalSecret(t *testing.T) {
	s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {wants("a"), wants("b")}}}
	report := pass(t, s, &shelf{value: func(string) provider.Answer { return provider.Answer{Value: secret.FromString("v")} }}, func(c *core.Config) {
		c.Compare = func(d core.Difference) error {
			if d.ES.Name == "a" {
				return errors.New("the disk is full")
			}
			return nil
		}
	})
	assert.Equal(t, map[string]string{"a": "failed WriteError", "b": "created"}, outcomes(report))
	assert.Contains(t, report.Results[0].Message, "the disk is full")
	assert.Empty(t, s.writes)
}
