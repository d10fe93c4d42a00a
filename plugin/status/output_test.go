package status

import (
	"bytes"
	"errors"
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/internal/golden"
)

// update rewrites the golden files.
var update = flag.Bool("update", false, "rewrite the golden files")

const denied = "could not get secret data from provider: spec.data[0] (remote key \"app/db\"): GetSecretValue: " +
	"AccessDeniedException: User: arn:aws:iam::1:user/x is not authorized to perform: secretsmanager:GetSecretValue\x1b[2J"

// many are items in every state.
func many() []Item {
	named := func(name string, change ...func(*api.ExternalSecret)) func(*api.ExternalSecret) {
		return func(es *api.ExternalSecret) {
			es.Name = name
			for _, c := range change {
				c(es)
			}
		}
	}
	items := []resolve.Item{
		{NamespacedName: types.NamespacedName{Namespace: "shop", Name: "bad"}, Err: errors.New("read the object: json: no")},
		item(synced(0, named("denied", never, ready(metav1.ConditionFalse, "SecretSyncedError", denied)))),
		item(synced(time.Minute, named("edited", edited))),
		item(synced(8*time.Minute, named("fine", func(es *api.ExternalSecret) {
			es.Spec.SecretStoreRef.Kind, es.Spec.Target.Name = api.KindClusterSecretStore, "fine-secret"
		}))),
		item(synced(0, named("new", never))),
		item(synced(100*time.Hour, named("once", policy(api.RefreshPolicyCreatedOnce)))),
		item(synced(100*time.Hour, named("on-change", policy(api.RefreshPolicyOnChange)))),
		item(synced(5*time.Hour, named("overdue"))),
	}
	judged := make([]Item, len(items))
	for i, one := range items {
		judged[i] = Assess(one, noon())
	}
	since := noon().Add(-time.Second)
	lost := lose(Assess(item(synced(time.Minute, named("partial", merging))), noon()),
		[]Event{{Reason: api.EventMissingProviderSecret, Message: "secret does not exist at provider using spec.data[0] (key=app/db)", Last: &since}})
	return append(judged, lost, orphaned(Assess(item(synced(time.Minute, named("unserved"))), noon()), RefreshersLink{}))
}

// printItems prints items as the command with flags would.
func printItems(t *testing.T, items []Item, one bool, change func(*Flags)) string {
	t.Helper()
	streams, _, out, errOut := genericiooptions.NewTestIOStreams()
	flags := NewFlags(genericclioptions.NewConfigFlags(false), streams, nil)
	change(flags)
	output, err := flags.toOutput(one)
	require.NoError(t, err)
	require.NoError(t, output.Print(items, noon()))
	assert.Empty(t, errOut.String())
	return out.String()
}

func TestTable(t *testing.T) {
	for name, change := range map[string]func(*Flags){
		"table":            func(*Flags) {},
		"table-namespaces": func(f *Flags) { f.Scope.AllNamespaces = true },
		"table-wide":       func(f *Flags) { *f.Print.OutputFormat = "wide" },
		"table-labels":     func(f *Flags) { *f.Print.HumanReadableFlags.ColumnLabels = []string{"team"} },
		"table-sorted":     func(f *Flags) { *f.Print.HumanReadableFlags.SortBy = ".lastSync" },
		"table-bare":       func(f *Flags) { *f.Print.NoHeaders = true },
	} {
		t.Run(name, func(t *testing.T) { golden.Assert(t, *update, name, printItems(t, many(), false, change)) })
	}
}

func format(f string) func(*Flags) { return func(flags *Flags) { *flags.Print.OutputFormat = f } }

func TestDocuments(t *testing.T) {
	golden.Assert(t, *update, "list.yaml", printItems(t, many()[1:4], false, format("yaml")))
	golden.Assert(t, *update, "one.json", printItems(t, []Item{chained()}, true, format("json")))
	assert.Equal(t, "Failed Failed Stale Synced NeverSynced Synced Synced Stale Incomplete AtRisk",
		printItems(t, many(), false, format("jsonpath={.items[*].state}")))
	assert.Equal(t, "Synced", printItems(t, many()[3:4], true, format("go-template={{.state}}")))
	assert.Equal(t, "NAME   S\nfine   Synced\nnew    NeverSynced\n",
		printItems(t, many()[3:5], false, format("custom-columns=NAME:.metadata.name,S:.state")))
	assert.Equal(t, "externalsecret.external-secrets.io/fine\n", printItems(t, many()[3:4], false, format("name")))
}

func TestAWatchPrintsEachByItself(t *testing.T) {
	watched := func(f string) func(*Flags) {
		return func(flags *Flags) { flags.Watch, *flags.Print.OutputFormat = true, f }
	}
	assert.Equal(t, "fine=Synced new=NeverSynced ", printItems(t, many()[3:5], false, watched("jsonpath={.metadata.name}={.state} ")))
	assert.NotContains(t, printItems(t, many()[3:5], false, watched("json")), `"items"`)
}

func TestAListOfNothingIsAList(t *testing.T) {
	assert.Contains(t, printItems(t, nil, false, format("json")), `"items": []`)
}

func TestSortByWhatIsNotThereFails(t *testing.T) {
	flags := NewFlags(genericclioptions.NewConfigFlags(false), genericiooptions.NewTestIOStreamsDiscard(), nil)
	*flags.Print.HumanReadableFlags.SortBy = ".nope"
	output, err := flags.toOutput(false)
	require.NoError(t, err)
	require.ErrorContains(t, output.Print(many(), noon()), `couldn't find any field with path "{.nope}"`)
}

// chained is an item with a chain that has something to say at every link.
func chained() Item {
	es := synced(40 * time.Minute)
	secret := managed(func(s *corev1.Secret) {
		s.Data["password"] = []byte("x")
		s.ManagedFields = append(s.ManagedFields, wrote("kubectl-edit", 2*time.Minute, `{"f:data":{"f:password":{}}}`))
	})
	link := secretLink(secret, es)
	old := consumers.Pod{
		Name: "web-1", Phase: "Running", Workload: "deployment.apps/web", Outdated: []string{"app"},
		Uses: []consumers.Use{{As: consumers.AsPull}, {As: consumers.AsEnvFrom, Container: "app"}},
	}
	got := confirm(Assess(item(es), noon()), es, link, noon())
	got.Chain = &Chain{
		Stores: []StoreLink{
			{StoreRef: StoreRef{"SecretStore", "aws"}, Exists: true, Provider: "aws", Ready: &Ready{
				Status: "False", Reason: "InvalidProviderConfig", Message: "unable to log in", Since: timeOf(&metav1.Time{Time: noon().Add(-time.Hour)}),
			}},
			{StoreRef: StoreRef{"ClusterSecretStore", "gone"}, Error: "there is no such store"},
		},
		Refreshers: RefreshersLink{Items: []Refresher{{Kind: "CronJob", Namespace: "external-secrets-runner", Name: "externalsecret-runner", Serves: `class "default"`}}},
		Secret:     link,
		Origins:    provenance.Of(es, []string{"empty", "password"}, nil),
		Workloads: WorkloadsLink{Items: []consumers.Workload{
			{Group: "apps", Kind: "Deployment", Name: "web", Uses: old.Uses, Pods: 2, Stale: []string{"web-1"}},
			{Group: "batch", Kind: "CronJob", Name: "report", Uses: []consumers.Use{{As: consumers.AsSubPath, Container: "app", Name: "v"}}},
		}, Error: `you may not list statefulsets.apps in namespace "shop" (forbidden)`},
		Pods: PodsLink{Items: []consumers.Pod{old, {Name: "web-2", Phase: "Pending", Uses: []consumers.Use{{As: "volume", Name: "v"}}}}},
		Events: EventsLink{Items: eventsOf([]corev1.Event{
			{Type: "Normal", Reason: "Updated", Message: "secret updated", LastTimestamp: metav1.NewTime(noon().Add(-40 * time.Minute))},
			{Type: "Warning", Reason: "UpdateFailed", Message: denied, Count: 3, LastTimestamp: metav1.NewTime(noon().Add(-time.Hour))},
		})},
	}
	return got
}

func TestChainForAPerson(t *testing.T) {
	golden.Assert(t, *update, "chain", printItems(t, []Item{chained()}, true, func(*Flags) {}))
}

// fetching is an ExternalSecret with keys of every origin.
func fetching(es *api.ExternalSecret) {
	from := "\nb: {{ .password }}"
	es.Spec.Target.DeletionPolicy = api.DeletionPolicyMerge
	es.Spec.Data = []api.Data{
		{SecretKey: "password", RemoteRef: api.RemoteRef{Key: "app/db", Property: "pw", Version: "3"}},
		{SecretKey: "token", RemoteRef: api.RemoteRef{Key: "app/token", DecodingStrategy: api.DecodingStrategyBase64}},
	}
	es.Spec.DataFrom = []api.DataFrom{
		{Extract: &api.RemoteRef{Key: "app/all"}, Rewrite: []api.Rewrite{{Regexp: &api.RewriteRegexp{Source: "^db_(.*)$", Target: "$1"}}}},
		{SourceRef: &api.SourceRef{StoreRef: &api.SecretStoreRef{Kind: api.KindClusterSecretStore, Name: "shared"}}, Find: &api.Find{Name: &api.FindName{RegExp: "^app/"}}},
	}
	es.Spec.Target.Template = &api.Template{
		MergePolicy: api.TemplateMergePolicyMerge,
		Data:        map[string]string{"url": "literal-hunter2\n{{ .password }}@{{ .host }}", "all": "{{ range . }}{{ . }}{{ end }}", "broken": "{{ .x"},
		TemplateFrom: []api.TemplateFrom{
			{ConfigMap: &api.TemplateRef{Name: "tpl", Items: []api.TemplateRefItem{{Key: "config.yaml"}}}}, {Literal: &from},
		},
	}
}

func TestChainTellsWhereTheKeysComeFrom(t *testing.T) {
	es := synced(time.Minute, fetching)
	link := secretLink(managed(func(s *corev1.Secret) {
		s.Data = map[string][]byte{"url": {1}, "all": {1}, "broken": {1}, "config.yaml": {1}, "password": {1}, "extra": {1}}
		s.Annotations[api.AnnotationDataHash] = api.DataHash(s.Data)
	}), es)
	chain := &Chain{Secret: link, Origins: originsOf(es, link, nil), Refreshers: RefreshersLink{Items: []Refresher{}, Partial: true}}
	got := orphaned(lack(confirm(Assess(item(es), noon()), es, link, noon()), chain.Origins), chain.Refreshers)
	got.Chain = chain
	golden.Assert(t, *update, "chain-origins", printItems(t, []Item{got}, true, func(*Flags) {}))
	golden.Assert(t, *update, "origins.json", printItems(t, []Item{got}, true, format("json")))
	for _, f := range []string{"", "json", "yaml"} {
		assert.NotContains(t, printItems(t, []Item{got}, true, format(f)), "hunter2", "the text of a template may hold secrets")
	}
}

func TestChainTellsTheCauseOfAFailure(t *testing.T) {
	failed := diagnosed(Assess(item(synced(3*time.Hour, ready(metav1.ConditionFalse, "SecretSyncedError", denied))), noon()))
	failed.Chain = &Chain{Stores: []StoreLink{{StoreRef: StoreRef{"SecretStore", "aws"}, Exists: true, Provider: "aws"}}, Secret: SecretLink{Name: "db"}}
	golden.Assert(t, *update, "chain-failed", printItems(t, []Item{failed}, true, func(*Flags) {}))

	odd := diagnosed(Assess(item(synced(time.Minute, ready(metav1.ConditionFalse, "SecretSyncedError", "the moon is full"))), noon()))
	require.Equal(t, "unknown", odd.Diagnosis.ID)
	assert.NotContains(t, printItems(t, []Item{odd}, true, func(*Flags) {}), "Cause:", "nothing is guessed")
	assert.Nil(t, diagnosed(Assess(item(synced(time.Minute)), noon())).Diagnosis)
}

func TestChainTellsWhatHoldsARefreshBack(t *testing.T) {
	held := Assess(item(synced(3*time.Hour, windows(api.SyncWindowAllow, "0 22 * * *", "8h"))), noon())
	held.Chain = &Chain{Refreshers: RefreshersLink{Error: "look for a runner: no"}}
	golden.Assert(t, *update, "chain-held", printItems(t, []Item{held}, true, func(*Flags) {}))

	never := Assess(item(synced(3*time.Hour, windows(api.SyncWindowAllow, "61 * * * *", "8h"))), noon())
	assert.Contains(t, printItems(t, []Item{never}, true, func(*Flags) {}), "no end of it is in sight")
}

func TestChainWithMissingLinks(t *testing.T) {
	broken := Assess(item(synced(0, never)), noon())
	broken.Chain = &Chain{
		Stores:    []StoreLink{{StoreRef: StoreRef{"SecretStore", "aws"}, Error: "secretstores is forbidden"}},
		Secret:    SecretLink{Name: "db", Error: "secrets is forbidden"},
		Workloads: WorkloadsLink{Error: `you may not list deployments.apps in namespace "shop" (forbidden)`},
		Pods:      PodsLink{Error: "list pods: forbidden"}, Refreshers: RefreshersLink{Partial: true},
		Events: EventsLink{Error: "list events: forbidden"},
	}
	golden.Assert(t, *update, "chain-forbidden", printItems(t, []Item{broken}, true, func(*Flags) {}))

	empty := Assess(item(synced(0, never)), noon())
	empty.Chain = &Chain{Secret: SecretLink{Name: "db"}}
	golden.Assert(t, *update, "chain-empty", printItems(t, []Item{empty}, true, func(*Flags) {}))

	unread := many()[0]
	unread.Chain = &Chain{}
	golden.Assert(t, *update, "chain-unreadable", printItems(t, []Item{unread}, true, func(*Flags) {}))
}

func TestChainShowsAFewOfManyPods(t *testing.T) {
	crowd := chained()
	for range 30 {
		crowd.Chain.Pods.Items = append(crowd.Chain.Pods.Items, consumers.Pod{Name: "more", Phase: "Running", Uses: []consumers.Use{{As: "env"}}})
	}
	var out bytes.Buffer
	require.NoError(t, render(crowd, noon(), &out))
	assert.Equal(t, most-2, bytes.Count(out.Bytes(), []byte("  more ")))
	assert.Contains(t, out.String(), "and 12 more: -o json lists them all")
}

func TestNoValueIsPrinted(t *testing.T) {
	one := chained()
	one.Chain.Secret = secretLink(managed(), synced(0))
	for _, f := range []string{"", "wide", "json", "yaml", "name"} {
		assert.NotContains(t, printItems(t, []Item{one}, true, format(f)), value, "-o %s", f)
	}
}
