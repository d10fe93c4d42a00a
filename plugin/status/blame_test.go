package status

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/vault"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

// oneStore finds the same store, or fails in the same way, for every reference.
type oneStore struct {
	class string
	ready *api.Condition
	err   error
	// unknown tells that finding it takes a request.
	unknown bool
	// provider is the spec of its provider, if it is not that of a Vault without anything special.
	provider string
}

// ours is a planner that has one provider.
func ours() *resolve.Planner {
	return &resolve.Planner{Class: "default", Providers: provider.Registry{"vault": vault.Provider{}}}
}

func (s oneStore) Get(_ context.Context, ref api.SecretStoreRef, namespace string) (*resolve.Store, error) {
	if s.err != nil {
		return nil, s.err
	}
	store := &resolve.Store{Kind: ref.Kind, Namespace: namespace, Name: ref.Name, Ready: s.ready, Spec: api.StoreSpec{Controller: s.class}}
	return store, json.Unmarshal([]byte(cmp.Or(s.provider, vaultSpec(`{"tokenSecretRef": {"name": "t", "key": "k"}}`))), &store.Spec.Provider)
}

func (s oneStore) Known(api.SecretStoreRef, string) bool { return !s.unknown }

// vaultSpec is the provider of a store in Vault that logs in as auth says.
func vaultSpec(auth string) string {
	return `{"vault": {"server": "https://vault.example", "path": "secret", "auth": ` + auth + `}}`
}

func TestBlame(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "secretstores"}, "aws", errors.New("no"))
	condition := func(status metav1.ConditionStatus, ago time.Duration) *api.Condition {
		return &api.Condition{Type: api.ConditionReady, Status: status, Message: "unable to log in", LastTransitionTime: &metav1.Time{Time: noon().Add(-ago)}}
	}
	const (
		iam         = `SecretStore "aws": spec.provider.vault.auth.iam is not supported: tokenSecretRef, appRole, kubernetes, jwt, userPass, ldap and cert are`
		nobodyElse  = "; no other controller refreshes it"
		unsupported = `spec.dataFrom[0].sourceRef.generatorRef: a generator of kind ECRAuthorizationToken is not supported by this version`
	)
	reading := func(es *api.ExternalSecret) {
		es.Spec.Data = []api.Data{{SecretKey: "password", RemoteRef: api.RemoteRef{Key: "app/db"}}}
	}
	generated := func(kind string) func(*api.ExternalSecret) {
		return func(es *api.ExternalSecret) {
			es.Spec.Data = nil
			es.Spec.DataFrom = []api.DataFrom{{SourceRef: &api.SourceRef{GeneratorRef: &api.GeneratorRef{Kind: kind, Name: "g"}}}}
		}
	}
	const atRisk = "it is synced, but the next refresh can't be: "
	for name, test := range map[string]struct {
		es      *api.ExternalSecret
		store   oneStore
		state   State
		message string
	}{
		"a store of any class is not to blame":        {synced(0, never), oneStore{}, NeverSynced, "nothing has refreshed it yet"},
		"a store of our class is not to blame":        {synced(0, never), oneStore{class: "default"}, NeverSynced, "nothing has refreshed it yet"},
		"a store of another class is":                 {synced(0, never), oneStore{class: "theirs"}, Skipped, `SecretStore "aws" is of class "theirs", and nothing of that class has refreshed it`},
		"it is to blame for a stale one too":          {synced(9 * time.Hour), oneStore{class: "theirs"}, Skipped, `SecretStore "aws" is of class "theirs", and nothing of that class has refreshed it`},
		"whoever serves it, what is synced is synced": {synced(time.Minute), oneStore{class: "theirs"}, Synced, ""},
		"what is synced is at risk without its store": {synced(time.Minute), oneStore{err: errors.New("there is no such store")}, AtRisk, atRisk + "there is no such store"},
		"it is not asked for, for what is well":       {synced(time.Minute), oneStore{err: errors.New("there is no such store"), unknown: true}, Synced, ""},
		"nor does it matter where nothing follows":    {synced(time.Minute, interval("0")), oneStore{err: errors.New("there is no such store")}, Synced, ""},
		"a store that is ready is not to blame":       {synced(9 * time.Hour), oneStore{ready: condition(metav1.ConditionTrue, time.Minute)}, Stale, "the next refresh is overdue: nothing refreshes it"},
		"a store that is not ready is":                {synced(9 * time.Hour), oneStore{ready: condition(metav1.ConditionFalse, time.Minute)}, Stale, `SecretStore "aws" is not ready: unable to log in`},
		"and so it is for what was never synced":      {synced(0, never), oneStore{ready: condition(metav1.ConditionFalse, 99*time.Hour)}, NeverSynced, `SecretStore "aws" is not ready: unable to log in`},
		"it became so after the last sync":            {synced(10 * time.Minute), oneStore{ready: condition(metav1.ConditionFalse, time.Minute)}, AtRisk, atRisk + `SecretStore "aws" is not ready: unable to log in`},
		"it was so before, and has kept nobody":       {synced(time.Minute), oneStore{ready: condition(metav1.ConditionFalse, time.Hour)}, Synced, ""},
		"a store that is not there is named":          {synced(0, never), oneStore{err: errors.New("there is no such store")}, NeverSynced, "there is no such store"},
		"a provider that is not there is":             {synced(0, never, reading), oneStore{provider: `{"gitlab": {}}`}, NeverSynced, `SecretStore "aws" uses provider "gitlab", which is not supported by this version` + nobodyElse},
		"a field that is not supported is":            {synced(0, never, reading), oneStore{provider: vaultSpec(`{"iam": {}}`)}, NeverSynced, iam + nobodyElse},
		"and so it is for what is overdue":            {synced(9*time.Hour, reading), oneStore{provider: vaultSpec(`{"iam": {}}`)}, Stale, iam + nobodyElse},
		"another controller has it":                   {synced(time.Minute, reading), oneStore{provider: vaultSpec(`{"iam": {}}`)}, Synced, ""},
		"what is wrong is recorded":                   {synced(0, never, reading), oneStore{provider: `{"vault": {"server": "nowhere"}}`}, NeverSynced, "nothing has refreshed it yet"},
		"a generator that can't be run is":            {synced(0, never, generated("ECRAuthorizationToken")), oneStore{provider: `{"gitlab": {}}`}, NeverSynced, unsupported + ", only Fake, Password, SSHKey and UUID are: use one of these, or let External Secrets Operator refresh this ExternalSecret" + nobodyElse},
		"a store that nothing is read from is not":    {synced(0, never, generated("Password")), oneStore{provider: `{"gitlab": {}}`}, NeverSynced, "nothing has refreshed it yet"},
		"one that can be is not":                      {synced(0, never, generated("Password")), oneStore{}, NeverSynced, "nothing has refreshed it yet"},
		"nor one of the cluster, which is not read":   {synced(0, never, generated("ClusterGenerator")), oneStore{}, NeverSynced, "nothing has refreshed it yet"},
		"a store that may not be read says nothing":   {synced(0, never), oneStore{err: forbidden}, NeverSynced, "nothing has refreshed it yet"},
	} {
		t.Run(name, func(t *testing.T) {
			got := blame(t.Context(), Assess(item(test.es), noon()), test.es, test.store, ours())
			assert.Equal(t, test.state, got.State)
			assert.Equal(t, test.message, got.Message)
		})
	}
}

func TestConfirm(t *testing.T) {
	gone := SecretLink{Name: "db"}
	altered := SecretLink{Name: "db", Exists: true, Integrity: Altered}
	orphan := func(es *api.ExternalSecret) { es.Spec.Target.CreationPolicy = api.CreationPolicyOrphan }
	for name, test := range map[string]struct {
		es     *api.ExternalSecret
		link   SecretLink
		state  State
		reason string
		due    bool
	}{
		"a Secret as it was left confirms":      {synced(time.Minute), SecretLink{Name: "db", Exists: true, Integrity: Intact}, Synced, "SecretSynced", false},
		"a Secret that is gone does not":        {synced(time.Minute), gone, Stale, reasonNoSecret, true},
		"a Secret that was altered does not":    {synced(time.Minute), altered, Stale, reasonAltered, true},
		"a Secret that can't be read may be so": {synced(time.Minute), SecretLink{Name: "db", Error: "forbidden"}, Synced, "SecretSynced", false},
		"an orphan is anybody's to alter":       {synced(time.Minute, orphan), altered, Synced, "SecretSynced", false},
		"a failure stays one, and is due":       {synced(time.Minute, ready("False", "SecretSyncedError", "x")), gone, Failed, "SecretSyncedError", true},
		"no Secret is written":                  {synced(time.Minute), SecretLink{}, Synced, "SecretSynced", false},
	} {
		t.Run(name, func(t *testing.T) {
			got := confirm(Assess(item(test.es), noon()), test.es, test.link, noon())
			assert.Equal(t, []any{test.state, test.reason, test.due}, []any{got.State, got.Reason, got.Due})
		})
	}
}

func TestAChainIsJudgedByWhatIsAtFaultNowBeforeWhatWillBe(t *testing.T) {
	at := noon().Add(-30 * time.Second)
	somebody := RefreshersLink{Items: []Refresher{{Name: "runner"}}}
	intact := SecretLink{Name: "db", Exists: true, Integrity: Intact, Keys: []Key{{Name: "password"}}}
	partial := SecretLink{Name: "db", Exists: true, Integrity: Intact}
	altered := SecretLink{Name: "db", Exists: true, Integrity: Altered}
	lost := EventsLink{Items: []Event{{Reason: api.EventMissingProviderSecret, Message: "gone", Last: &at}}}
	gone := oneStore{err: errors.New("there is no such store")}
	for name, test := range map[string]struct {
		chain  Chain
		stores oneStore
		state  State
		reason string
	}{
		"all is well":            {Chain{Secret: intact, Refreshers: somebody}, oneStore{}, Synced, api.ReasonSecretSynced},
		"the Secret was altered": {Chain{Secret: altered, Refreshers: somebody}, gone, Stale, reasonAltered},
		"it was altered, and is another controller's":         {Chain{Secret: altered, Refreshers: somebody}, oneStore{class: "theirs"}, Stale, reasonAltered},
		"a key is missing":                                    {Chain{Secret: partial}, gone, Incomplete, reasonKeysMissing},
		"keys that only the provider knows were left out":     {Chain{Secret: intact, Events: lost}, gone, Incomplete, reasonKeysMissing},
		"the store is gone, and there is nobody to ask it":    {Chain{Secret: intact}, gone, AtRisk, ReasonStoreError},
		"there is nobody":                                     {Chain{Secret: intact}, oneStore{}, AtRisk, reasonNobody},
		"another controller has synced it, and does so still": {Chain{Secret: intact, Refreshers: somebody}, oneStore{class: "theirs"}, Synced, api.ReasonSecretSynced},
	} {
		t.Run(name, func(t *testing.T) {
			es := synced(time.Minute, merging)
			test.chain.Origins = originsOf(es, test.chain.Secret, nil)
			judge := &judge{stores: test.stores, planner: ours()}
			got := judge.whole(t.Context(), Assess(item(es), noon()), es, &test.chain, noon())
			assert.Equal(t, []any{test.state, test.reason}, []any{got.State, got.Reason})
		})
	}
}
