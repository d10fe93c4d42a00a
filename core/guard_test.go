package core_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// synced are n ExternalSecrets "es-N" with this in their spec.target, and their Secrets as the last pass left them.
func synced(n int, target string) *server {
	s := &server{lists: map[string][]string{"secretstores": {shelfStore}}}
	for i := range n {
		name := fmt.Sprintf("es-%d", i)
		s.lists["externalsecrets"] = append(s.lists["externalsecrets"], fmt.Sprintf("{metadata: {namespace: shop, name: %[1]s, uid: uid-%[1]s}, "+
			"spec: {secretStoreRef: {name: shelf}, target: {%[2]s}, data: [{secretKey: k, remoteRef: {key: %[1]s}}]}, "+
			"status: {binding: {name: %[1]s}, refreshTime: '2026-01-01T00:00:00Z', syncedResourceVersion: old}}", name, target))
		s.lists["secrets"] = append(s.lists["secrets"], fmt.Sprintf("{apiVersion: v1, kind: Secret, metadata: {namespace: shop, name: %[1]s, uid: secret-%[1]s, resourceVersion: '1', "+
			"labels: {reconcile.external-secrets.io/managed: 'true'}, ownerReferences: [{apiVersion: external-secrets.io/v1, kind: ExternalSecret, "+
			"name: %[1]s, uid: uid-%[1]s, controller: true}]}, data: {k: %[2]s}}", name, base64.StdEncoding.EncodeToString([]byte("v"))))
	}
	return s
}

// losing is a store that has nothing for the first n of es-N.
func losing(n int) *shelf {
	return &shelf{value: func(key string) provider.Answer {
		var i int
		if _, err := fmt.Sscanf(key, "es-%d", &i); err == nil && i < n {
			return provider.Answer{Err: &provider.Error{Kind: provider.NotFound, Op: "Read", Message: "there is none"}}
		}
		return provider.Answer{Value: secret.FromString("v")}
	}}
}

// The Secrets of another controller say nothing about how many of its own a pass may remove.
func TestTheGuardRailCountsNoSecretsOfAnotherController(t *testing.T) {
	s := synced(40, "deletionPolicy: Delete")
	s.lists["secretstores"] = append(s.lists["secretstores"], "{metadata: {namespace: shop, name: foreign}, spec: {controller: eso, provider: {shelf: {}}}}")
	for i := 20; i < 40; i++ {
		s.lists["externalsecrets"][i] = strings.Replace(s.lists["externalsecrets"][i], "name: shelf", "name: foreign", 1)
	}
	guard, err := core.NewRemovalGuard("20%")
	require.NoError(t, err)
	report := pass(t, s, losing(8), func(c *core.Config) { c.Guard = guard })
	assert.Equal(t, core.Removals{Secrets: 20, Allowed: 4, Refused: 8}, report.Removals)
}

// A Secret from before its operator used the label is not in the list, and is removed all the same: it is looked for first.
func TestTheGuardRailKnowsSecretsWithoutTheManagedLabel(t *testing.T) {
	for name, target := range map[string]string{
		"that would be deleted": "deletionPolicy: Delete",
		"that would be emptied": "deletionPolicy: Merge",
	} {
		t.Run(name, func(t *testing.T) {
			s := synced(40, target)
			for i := range s.lists["secrets"] {
				s.lists["secrets"][i] = strings.Replace(s.lists["secrets"][i], "labels: {reconcile.external-secrets.io/managed: 'true'}, ", "", 1)
			}
			guard, err := core.NewRemovalGuard("20%")
			require.NoError(t, err)
			report := pass(t, s, losing(40), func(c *core.Config) { c.Guard = guard })
			assert.Equal(t, core.Removals{Secrets: 40, Allowed: 8, Refused: 40}, report.Removals)
			assert.NotContains(t, strings.Join(s.writes, "\n"), " secrets")
		})
	}
}

func TestTheGuardRail(t *testing.T) {
	for name, test := range map[string]struct {
		secrets, lost int
		target        string
		bound         string
		removed       bool
		allowed       int
	}{
		"lets go of a few":                                     {40, 8, "deletionPolicy: Delete", "20%", true, 8},
		"lets none go where there are more":                    {40, 9, "deletionPolicy: Delete", "20%", false, 8},
		"lets none go where all are gone":                      {40, 40, "deletionPolicy: Delete", "20%", false, 8},
		"lets all go where that is wanted":                     {40, 40, "deletionPolicy: Delete", "100%", true, 40},
		"never takes a share for less than three":              {4, 3, "deletionPolicy: Delete", "1%", true, 3},
		"takes a number as it is":                              {40, 2, "deletionPolicy: Delete", "1", false, 1},
		"takes nothing for nothing":                            {40, 1, "deletionPolicy: Delete", "0%", false, 0},
		"looks at Secrets that would be emptied":               {40, 9, "deletionPolicy: Merge", "20%", false, 8},
		"lets a few be emptied":                                {40, 8, "deletionPolicy: Merge", "20%", true, 8},
		"looks at Secrets whose template leaves nothing":       {40, 40, "template: {templateFrom: [{literal: ''}]}", "20%", false, 8},
		"leaves those alone that nothing would be taken from":  {40, 40, "creationPolicy: Merge, deletionPolicy: Merge", "0", true, 0},
		"looks at Secrets that are no target any more as well": {40, 40, "name: new-name", "20%", false, 8},
	} {
		t.Run(name, func(t *testing.T) {
			s := synced(test.secrets, test.target)
			lost := test.lost
			if strings.Contains(test.target, "template") || strings.Contains(test.target, "name:") {
				lost = 0 // it is not the store that has lost them
			}
			guard, err := core.NewRemovalGuard(test.bound)
			require.NoError(t, err)
			report := pass(t, s, losing(lost), func(c *core.Config) { c.Guard = guard })
			var refused, written []string
			for _, r := range report.Results {
				if r.Reason == core.GuardRail {
					refused = append(refused, r.Name)
					assert.Contains(t, r.Message, "--max-removals")
					assert.NotContains(t, s.bodies["PATCH externalsecrets/status "+r.Name], "could not get secret data")
					assert.Contains(t, s.bodies["PATCH externalsecrets/status "+r.Name], "too many others")
				}
			}
			for _, write := range s.writes {
				if strings.HasPrefix(write, "DELETE secrets") || strings.HasPrefix(write, "PUT secrets") {
					written = append(written, write)
				}
			}
			if test.removed {
				assert.Empty(t, refused)
				assert.NotContains(t, strings.Join(report.Notes, "\n"), "deleted or emptied")
				assert.Equal(t, test.secrets, report.Count(core.Deleted)+report.Count(core.Updated)+report.Count(core.Unchanged))
				return
			}
			assert.Len(t, refused, test.lost)
			for _, write := range written {
				assert.False(t, strings.HasPrefix(write, "DELETE"), write)
				assert.False(t, slices.ContainsFunc(refused, func(name string) bool { return write == "PUT secrets "+name }), write)
			}
			require.Len(t, report.Notes, 1)
			assert.Contains(t, report.Notes[0], fmt.Sprintf("%d of %d Secrets would be deleted or emptied, and no more than %d may", test.lost, test.secrets, test.allowed))
			assert.Equal(t, core.Removals{Secrets: test.secrets, Allowed: test.allowed, Refused: test.lost}, report.Removals)
		})
	}
	t.Run("a pass that was stopped removes nothing, since it has not seen everything", func(t *testing.T) {
		s := synced(4, "deletionPolicy: Delete")
		ctx, stop := context.WithCancel(t.Context())
		store := losing(1)
		value := store.value
		store.value = func(key string) provider.Answer {
			stop()
			return value(key)
		}
		guard, err := core.NewRemovalGuard("20%")
		require.NoError(t, err)
		report, err := core.Sync(ctx, core.Config{
			Kube: s.serve(t), Providers: provider.Registry{"shelf": store}, Class: "ours", Guard: guard, Grace: 1 << 40,
		})
		require.NoError(t, err)
		assert.Equal(t, "skipped Stopped", outcomes(report)["es-0"])
		assert.NotContains(t, strings.Join(s.writes, "\n"), "DELETE")
	})
	t.Run("a bound is that of all passes of a run, and none is made after a refusal", func(t *testing.T) {
		guard, err := core.NewRemovalGuard("20%")
		require.NoError(t, err)
		with := func(c *core.Config) { c.Guard = guard }
		assert.Equal(t, core.Removals{Secrets: 40, Allowed: 8, Made: 5}, pass(t, synced(40, "deletionPolicy: Delete"), losing(5), with).Removals)
		assert.Equal(t, core.Removals{Secrets: 3, Allowed: 3, Made: 3}, pass(t, synced(3, "deletionPolicy: Delete"), losing(3), with).Removals)
		assert.Equal(t, core.Removals{Secrets: 1, Refused: 1}, pass(t, synced(1, "deletionPolicy: Delete"), losing(1), with).Removals)
	})
	t.Run("a run that was refused some makes none of them by and by", func(t *testing.T) {
		guard, err := core.NewRemovalGuard("20%")
		require.NoError(t, err)
		with := func(c *core.Config) { c.Guard = guard }
		assert.Equal(t, core.Removals{Secrets: 40, Allowed: 8, Refused: 40}, pass(t, synced(40, "deletionPolicy: Delete"), losing(40), with).Removals)
		assert.Equal(t, core.Removals{Secrets: 2, Refused: 2}, pass(t, synced(2, "deletionPolicy: Delete"), losing(2), with).Removals)
	})
	t.Run("without a bound nothing is held", func(t *testing.T) {
		report := pass(t, synced(40, "deletionPolicy: Delete"), losing(40))
		assert.Equal(t, 40, report.Count(core.Deleted))
		assert.Zero(t, report.Removals)
	})
}

func TestNewRemovalGuard(t *testing.T) {
	for text, ok := range map[string]bool{
		"0": true, "10": true, "0%": true, "20%": true, "100%": true, "": false, "ten": false, "-1": false, "-1%": false, "101%": false, "2.5%": false, "%": false,
	} {
		_, err := core.NewRemovalGuard(text)
		if ok {
			assert.NoError(t, err, text)
		} else {
			assert.ErrorContains(t, err, "such as 20%", text)
		}
	}
}

func TestAbort(t *testing.T) {
	s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {wants("a"), wants("b")}}}
	ctx, stop := context.WithCancel(t.Context())
	abort, once := make(chan struct{}), sync.Once{}
	s.refuse = func(request string) string {
		if request == "POST secrets" {
			once.Do(func() { stop(); close(abort) })
			<-ctx.Done()
			time.Sleep(50 * time.Millisecond) // the answer comes too late
		}
		return ""
	}
	report, err := core.Sync(ctx, core.Config{
		Kube: s.serve(t), Providers: provider.Registry{"shelf": &shelf{}}, Class: "ours", Grace: time.Hour, Abort: abort, Concurrency: 1,
	})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"a": "skipped Stopped", "b": "skipped Stopped"}, outcomes(report))
	assert.Equal(t, []string{"POST secrets"}, s.writes, "what is in flight has no time left, and nothing follows it")
}
