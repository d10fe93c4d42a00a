package explain

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/internal/golden"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// noon is the time at which the tests look.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// walk is that of shop/NAME, which ends at failed with cause, or comes through.
func walk(name string, failed trace.Step, cause string, change ...func(*api.ExternalSecret)) core.Explanation {
	es := &api.ExternalSecret{}
	es.Namespace, es.Name = "shop", name
	es.CreationTimestamp = metav1.NewTime(noon().Add(-100 * time.Hour))
	es.Spec.SecretStoreRef.Name = "aws"
	es.Spec.Data = []api.Data{{SecretKey: "password", RemoteRef: api.RemoteRef{Key: "team/db", Property: "password"}}}
	success := metav1.NewTime(noon().Add(-5 * time.Minute))
	es.Status.RefreshTime, es.Status.SyncedResourceVersion = &success, api.SyncedResourceVersion(0, nil, nil)
	es.Status.Conditions = []api.Condition{ready(metav1.ConditionTrue, api.ReasonSecretSynced, api.MessageSecretSynced)}
	for _, c := range change {
		c(es)
	}
	e := core.Explanation{ES: es, Failed: failed, Item: resolve.Item{NamespacedName: types.NamespacedName{Namespace: "shop", Name: name}, ES: es}}
	e.Namespace, e.Name = "shop", name
	if failed != "" {
		e.Cause = errors.New(cause)
	}
	for _, step := range trace.Steps()[:trace.Recorded.Index()] {
		taken := trace.Taken{Step: step, State: trace.OK, Evidence: evidence()[step]}
		switch {
		case step == failed:
			taken.State, taken.Message = trace.Failed, cause
		case failed != "" && step.Index() > failed.Index():
			taken = trace.Taken{Step: step, State: trace.NotReached}
		case len(taken.Evidence) == 0 && step != trace.Rules:
			taken.State, taken.Message = trace.Skipped, "there is nothing to do"
		}
		e.Steps = append(e.Steps, taken)
	}
	return e
}

// evidence is what the walks of the tests have come upon.
func evidence() map[trace.Step][]trace.Fact {
	return map[trace.Step][]trace.Fact{
		trace.Object: {{Name: "generation", Value: "1"}},
		trace.Due:    {{Name: "refreshPolicy", Value: "Periodic"}, {Name: "refreshInterval", Value: "1h"}},
		trace.Store: {
			{Name: "SecretStore aws", Value: "provider aws"}, {Name: "service", Value: "AWS SecretsManager"}, {Name: "region", Value: "eu-central-1"},
		},
		trace.Class:       {{Name: "SecretStore aws", Value: "any class"}},
		trace.Credentials: {{Name: "ServiceAccount shop/reader", Value: "it is there"}},
		trace.Token: {
			{Name: "issuer", Value: "https://oidc.example/id/1"}, {Name: "subject", Value: "system:serviceaccount:shop:reader"},
			{Name: "audience", Value: "sts.amazonaws.com"},
		},
		trace.Identity: {{Name: "as", Value: "service account reader, and the role that it is annotated with"}},
		trace.Read:     {{Name: "spec.data[0]", Value: "team/db: read, 31 bytes, version 7"}, {Name: "spec.data[1]", Value: "team/db: read, 31 bytes, version 7"}},
		trace.Target:   {{Name: "target", Value: "Secret db"}, {Name: "exists", Value: "yes"}},
	}
}

func ready(state metav1.ConditionStatus, reason, message string) api.Condition {
	since := metav1.NewTime(noon().Add(-2 * time.Hour))
	return api.Condition{Type: api.ConditionReady, Status: state, Reason: reason, Message: message, LastTransitionTime: &since}
}

func failedBefore(es *api.ExternalSecret) {
	es.Status.Conditions = []api.Condition{ready(metav1.ConditionFalse, api.ReasonSecretSyncedError, api.MessageProviderFailed)}
}

func warned(message string) status.EventsLink {
	last := noon().Add(-time.Minute)
	return status.EventsLink{Items: []status.Event{{
		Type: "Warning", Reason: api.EventUpdateFailed, Message: message, Source: "external-secrets", Count: 1, Last: &last,
	}}}
}

// judged is what a person is told of a walk.
func judged(w core.Explanation, events status.EventsLink) *Explanation {
	return judge(w, recorded{item: status.Assess(w.Item, noon()), events: events}, noon())
}

const refused = `spec.data[0] (remote key "team/db"): open SecretStore "aws" in namespace "shop": AssumeRoleWithWebIdentity: AccessDenied: ` +
	"Not authorized to perform sts:AssumeRoleWithWebIdentity (check the role's trust policy: who may assume it, and with which external id, issuer and audience)"

func TestScreens(t *testing.T) {
	missing := walk("gone", trace.Object, `there is no ExternalSecret "gone" in namespace "shop"`)
	missing.ES, missing.Item.ES, missing.Item.Err = nil, nil, missing.Cause
	overdue := func(es *api.ExternalSecret) {
		long := metav1.NewTime(noon().Add(-50 * time.Hour))
		es.Status.RefreshTime = &long
	}
	for name, test := range map[string]struct {
		walk   core.Explanation
		events status.EventsLink
	}{
		"healthy":  {walk("db", "", ""), status.EventsLink{}},
		"identity": {walk("db", trace.Identity, refused, failedBefore), warned(refused)},
		"object":   {missing, status.EventsLink{}},
		"recorded": {walk("db", "", "", failedBefore), warned("error processing spec.data[0] (key: team/db), err: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/shop/x is not authorized to perform: secretsmanager:GetSecretValue because no identity-based policy allows the secretsmanager:GetSecretValue action")},
		"overdue":  {walk("db", "", "", overdue), status.EventsLink{}},
		"unknown":  {walk("db", trace.Target, "could not update secret: the moon is full"), status.EventsLink{Error: "list events: forbidden"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPage()
			p.explanation(judged(test.walk, test.events), false)
			golden.Assert(t, *update, "screen-"+name, p.String())
		})
	}
}

func TestScreenOfWhatAsksNoProvider(t *testing.T) {
	offline := func(change ...func(*api.ExternalSecret)) *Explanation {
		w := walk("db", "", "", change...)
		for i := range w.Steps {
			if taken := &w.Steps[i]; taken.Step.Index() > trace.Namespace.Index() {
				taken.State, taken.Message, taken.Evidence = trace.Skipped, "not asked", nil
			}
		}
		return judged(w, status.EventsLink{})
	}
	p := newPage()
	p.explanation(offline(), true)
	p.line("", "\n")
	p.explanation(offline(failedBefore), true)
	golden.Assert(t, *update, "screen-offline", p.String())

	store := offline()
	store.Steps = store.Steps[trace.Store.Index():trace.Read.Index()]
	p = newPage()
	p.store(store, api.SecretStoreRef{Kind: api.KindSecretStore, Name: "aws"}, true)
	assert.Contains(t, p.String(), "not asked:     Credentials, Token, Identity\n")
}

func TestTheNameOfAStoreIsNoExternalSecrets(t *testing.T) {
	w := walk("", trace.Store, "the moon is full")
	w.Name = "aws"
	assert.Contains(t, judged(w, status.EventsLink{}).Diagnosis.Check, "kubectl externalsecret explain NAME -n shop")
}

func TestScreenOfWhatAnotherControllerServes(t *testing.T) {
	w := walk("db", trace.Class, `SecretStore "aws" is of class "eso", which is not served here ("default" is)`)
	p := newPage()
	p.explanation(judged(w, status.EventsLink{}), false)
	golden.Assert(t, *update, "screen-foreign", p.String())
}

func TestScreensOfKeys(t *testing.T) {
	templated := func(template api.Template) func(es *api.ExternalSecret) {
		return func(es *api.ExternalSecret) { es.Spec.Target.Template = &template }
	}
	w := walk("db", "", "", templated(api.Template{Data: map[string]string{"url": "postgres://app:{{ .password }}@db/shop"}}))
	e := judged(w, status.EventsLink{})
	origin := provenance.OfKey(w.ES, "url", nil)
	e.Key = &origin
	p := newPage()
	p.explanation(e, false)
	golden.Assert(t, *update, "screen-key", p.String())

	everything := templated(api.Template{Data: map[string]string{"file": "{{ range $k, $v := . }}{{ $k }}={{ $v }}{{ end }}"}})
	configMap := templated(api.Template{TemplateFrom: []api.TemplateFrom{
		{ConfigMap: &api.TemplateRef{Name: "tpl", Items: []api.TemplateRefItem{{Key: "url"}}}},
	}})
	p = newPage()
	for _, of := range []struct {
		key    string
		change func(es *api.ExternalSecret)
	}{
		{"password", func(*api.ExternalSecret) {}}, {"nothing", func(*api.ExternalSecret) {}}, {"password", templated(api.Template{Data: map[string]string{"url": "{{ .password }}"}})},
		{"file", everything}, {"url", configMap},
	} {
		origin := provenance.OfKey(walk("db", "", "", of.change).ES, of.key, nil)
		p.key(&origin)
	}
	golden.Assert(t, *update, "keys", p.String())
}

func TestScreenOfAStore(t *testing.T) {
	w := walk("aws", trace.Identity, "AssumeRoleWithWebIdentity: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity")
	w.ES, w.Steps = nil, w.Steps[trace.Store.Index():trace.Read.Index()]
	e := judged(w, status.EventsLink{})
	e.Steps, e.UsedBy = e.Steps[:len(e.Steps)-1], &UsedBy{Total: 12, Healthy: 3}
	p := newPage()
	p.store(e, api.SecretStoreRef{Kind: api.KindSecretStore, Name: "aws"}, false)
	golden.Assert(t, *update, "screen-store", p.String())
}

func TestScreenOfCauses(t *testing.T) {
	var all []*Explanation
	for i := range 30 {
		all = append(all, judged(walk(fmt.Sprintf("app-%02d", i), trace.Identity, refused), status.EventsLink{}))
	}
	for i := range 7 {
		all = append(all, judged(walk(fmt.Sprintf("job-%d", i), trace.Read, fmt.Sprintf(
			"spec.data[0] (remote key %q): GetSecretValue: ResourceNotFoundException: Secrets Manager can't find the specified secret.", fmt.Sprint("job/", i))), status.EventsLink{}))
	}
	all = append(all, judged(walk("odd", trace.Target, "could not update secret: the moon is full"), status.EventsLink{}), judged(walk("well", "", ""), status.EventsLink{}))
	causes := group(all)
	assert.Equal(t, 39, causes.Total)
	assert.Equal(t, 38, causes.Broken)
	p := newPage()
	p.causes(causes, false)
	golden.Assert(t, *update, "screen-causes", p.String())

	p = newPage()
	p.causes(group(nil), true)
	assert.Empty(t, p.String(), "that there are none is told elsewhere")

	p = newPage()
	p.causes(group(all[len(all)-1:]), true)
	assert.Equal(t, "All 1 ExternalSecrets are healthy.\n\nNo provider was asked.\n", p.String())
}

func TestWhatAProgramReads(t *testing.T) {
	one := judged(walk("db", trace.Identity, refused, failedBefore), warned(refused))
	store := judged(walk("aws", "", ""), status.EventsLink{})
	store.Kind, store.UsedBy = kindStore, &UsedBy{Total: 2, Healthy: 1}
	store.Steps = store.Steps[trace.Store.Index() : trace.Class.Index()+1]
	for name, document := range map[string]any{"identity.json": one, "store.json": store, "causes.json": group([]*Explanation{one, store})} {
		text, err := json.MarshalIndent(document, "", "  ")
		require.NoError(t, err)
		golden.Assert(t, *update, name, string(text)+"\n")
	}
}

func TestWhatAnotherControllerServesIsHealthyIfItDoes(t *testing.T) {
	const other = `SecretStore "aws" is of class "eso", which is not served here ("default" is)`
	served := judged(walk("db", trace.Class, other), status.EventsLink{})
	assert.True(t, served.Healthy)
	assert.Empty(t, served.Failed)
	assert.Equal(t, trace.Skipped, served.taken(trace.Class).State)
	assert.Equal(t, other, served.taken(trace.Class).Message)

	left := judged(walk("db", trace.Class, other, func(es *api.ExternalSecret) { es.Status = api.ExternalSecretStatus{} }), status.EventsLink{})
	assert.False(t, left.Healthy)
	assert.Equal(t, trace.Class, left.Failed)
}

// attended is what a person is told of a walk where nobody was seen who refreshes.
func attended(w core.Explanation) *Explanation {
	item, link := status.Attend(status.Assess(w.Item, noon()), w.ES, w.Classes, serving.Seen{Whole: true}, nil)
	return judge(w, recorded{item: item, refreshers: &link}, noon())
}

func TestWhatNobodyRefreshesIsToldOf(t *testing.T) {
	const nobody = "nobody was seen in the cluster who refreshes it: no operator and no runner that serves it"
	never := func(age time.Duration) func(*api.ExternalSecret) {
		return func(es *api.ExternalSecret) {
			es.CreationTimestamp, es.Status = metav1.NewTime(noon().Add(-age)), api.ExternalSecretStatus{}
		}
	}
	for name, test := range map[string]struct {
		change  func(*api.ExternalSecret)
		state   trace.State
		message string
		id      string
	}{
		"what is synced, as a warning": {func(*api.ExternalSecret) {}, trace.Warning, "it is synced, but " + nobody, "K8S-63"},
		"what is new, as a warning":    {never(time.Minute), trace.Warning, "nothing has refreshed it yet: " + nobody, "K8S-60"},
		"what has waited for long":     {never(time.Hour), trace.Failed, "nothing has refreshed it yet: " + nobody, "K8S-60"},
		"what was changed": {
			func(es *api.ExternalSecret) { es.Generation++ }, trace.Failed, "it was changed after the last sync, and nothing has refreshed it since: " + nobody, "K8S-60",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := attended(walk("db", "", "", test.change))
			assert.Equal(t, test.state == trace.Warning, e.Healthy, "by hand is a way to refresh, too")
			assert.Equal(t, test.state, e.taken(trace.Due).State)
			assert.Equal(t, test.message, e.taken(trace.Due).Message)
			require.NotNil(t, e.Diagnosis, "what to do")
			assert.Equal(t, test.id, e.Diagnosis.ID)
		})
	}
	p := newPage()
	p.explanation(attended(walk("db", "", "")), false)
	golden.Assert(t, *update, "screen-nobody", p.String())

	refused := attended(walk("ill", trace.Identity, refused))
	assert.Equal(t, trace.Identity, refused.Failed)
	assert.NotEqual(t, "K8S-63", refused.Diagnosis.ID, "what fails goes first")
	p = newPage()
	p.causes(group([]*Explanation{attended(walk("a", "", "")), attended(walk("b", "", "")), refused}), false)
	p.line("", "\n")
	p.causes(group([]*Explanation{attended(walk("a", "", "")), judged(walk("well", "", ""), status.EventsLink{})}), true)
	golden.Assert(t, *update, "screen-warnings", p.String())
}

func TestAKeyThatTheLastRefreshLeftOutIsNotHealthy(t *testing.T) {
	w := walk("db", "", "", func(es *api.ExternalSecret) { es.Spec.Target.DeletionPolicy = api.DeletionPolicyMerge })
	events := warned("secret does not exist at provider using spec.data[0] (key=team/db)")
	events.Items[0].Type, events.Items[0].Reason = "Normal", api.EventMissingProviderSecret
	e := judged(w, events)
	assert.Equal(t, trace.Recorded, e.Failed)
	assert.Equal(t, "DAT-07", e.Diagnosis.ID)
}

func TestFailuresOfDifferentStoresHaveDifferentCauses(t *testing.T) {
	in := func(namespace string, w core.Explanation) core.Explanation {
		w.Namespace, w.ES.Namespace, w.Item.Namespace = namespace, namespace, namespace
		return w
	}
	reading := func(stores ...api.SecretStoreRef) func(*api.ExternalSecret) {
		return func(es *api.ExternalSecret) {
			es.Spec.SecretStoreRef, es.Spec.Data = api.SecretStoreRef{}, nil
			for i := range stores {
				es.Spec.Data = append(es.Spec.Data, api.Data{SourceRef: &api.SourceRef{StoreRef: &stores[i]}})
			}
		}
	}
	aws := api.SecretStoreRef{Name: "aws"}
	cluster := api.SecretStoreRef{Kind: api.KindClusterSecretStore, Name: "aws"}
	gone := func(store string) string {
		return fmt.Sprintf("there is no SecretStore %q in namespace %q", store, "shop")
	}
	for name, test := range map[string]struct {
		one, other core.Explanation
		want       []string
	}{
		"of the same name in two namespaces": {
			walk("a", trace.Identity, refused), in("bank", walk("b", trace.Identity, refused)), []string{"SecretStore shop/aws", "SecretStore bank/aws"},
		},
		"of which neither is there": {
			walk("a", trace.Store, gone("x"), reading(api.SecretStoreRef{Name: "x"})),
			walk("b", trace.Store, gone("y"), reading(api.SecretStoreRef{Name: "y"})), []string{"SecretStore shop/x", "SecretStore shop/y"},
		},
		"of one that reads both": {
			walk("a", trace.Identity, `open ClusterSecretStore "aws": AssumeRole: AccessDenied`, reading(aws, cluster)),
			walk("b", trace.Identity, `open SecretStore "aws" in namespace "shop": AssumeRole: AccessDenied`, reading(cluster, aws)),
			[]string{"ClusterSecretStore aws", "SecretStore shop/aws"},
		},
		"that is one for all namespaces": {
			walk("a", trace.Identity, `open ClusterSecretStore "aws": AssumeRole: AccessDenied`, reading(cluster)),
			in("bank", walk("b", trace.Identity, `open ClusterSecretStore "aws": AssumeRole: AccessDenied`, reading(cluster))),
			[]string{"ClusterSecretStore aws"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var stores []string
			for _, cause := range group([]*Explanation{judged(test.one, status.EventsLink{}), judged(test.other, status.EventsLink{})}).Causes {
				stores = append(stores, cause.Store)
			}
			assert.Equal(t, test.want, stores)
		})
	}
}

func TestAnExternalSecretOfManyEntriesFitsOnAScreen(t *testing.T) {
	for _, failed := range []trace.Step{"", trace.Property} {
		w := walk("db", failed, "it is not JSON")
		for i := range 200 {
			for _, step := range []trace.Step{trace.Read, trace.Property} {
				at := step.Index()
				w.Steps[at].Evidence = append(w.Steps[at].Evidence, trace.Fact{Name: fmt.Sprintf("spec.data[%d]", i+2), Value: fmt.Sprintf("team/%d: read, 31 bytes", i)})
			}
		}
		p := newPage()
		e := judged(w, status.EventsLink{})
		p.explanation(e, false)
		assert.Less(t, strings.Count(p.String(), "\n"), 70)
		assert.Contains(t, p.String(), "and 191 more: -o json has them all", "201 with two that are the same")
		assert.Len(t, e.taken(trace.Read).Evidence, 202, "a program gets them all")
	}
}
