package report

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
	runreport "github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// builder makes what is gathered of a fleet.
type builder struct{ g gathered }

func newBuilder() *builder {
	return &builder{gathered{
		seen:    &status.Survey{At: noon()},
		secrets: map[types.NamespacedName]status.SecretLink{}, changed: map[types.NamespacedName]*time.Time{},
		users: map[types.NamespacedName]consumers.Found{}, stores: map[storeKey]Store{},
		servers: []serving.Server{{
			NamespacedName: types.NamespacedName{Namespace: "externalsecret-system", Name: "externalsecret-runner"}, Kind: "CronJob",
			Coverage: serving.Coverage{Class: "default"},
		}},
	}}
}

// add adds an ExternalSecret that reads a ClusterSecretStore and was synced a while ago, with its Secret and who uses that.
func (b *builder) add(namespace, name, store, interval string, ago time.Duration, users ...string) *status.Item {
	synced := metav1.NewTime(noon().Add(-ago))
	es := &api.ExternalSecret{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: name, UID: types.UID(namespace + name), Generation: 1, CreationTimestamp: metav1.NewTime(noon().Add(-720 * time.Hour)),
	}}
	es.Spec.SecretStoreRef = api.SecretStoreRef{Kind: api.KindClusterSecretStore, Name: store}
	es.Spec.RefreshInterval = interval
	if ago > 0 {
		es.Status.RefreshTime = &synced
		es.Status.SyncedResourceVersion = api.SyncedResourceVersion(1, nil, nil)
		es.Status.Conditions = []api.Condition{{
			Type: api.ConditionReady, Status: metav1.ConditionTrue, Reason: api.ReasonSecretSynced, Message: api.MessageSecretSynced, LastTransitionTime: &synced,
		}}
	}
	id := types.NamespacedName{Namespace: namespace, Name: name}
	b.g.seen.Read = append(b.g.seen.Read, resolve.Item{NamespacedName: id, ES: es})
	b.g.seen.Items = append(b.g.seen.Items, status.Assess(resolve.Item{NamespacedName: id, ES: es}, noon()))
	b.g.stores[storeKey{api.KindClusterSecretStore, "", store}] = Store{Known: true, StoreLink: status.StoreLink{
		StoreRef: status.StoreRef{Kind: api.KindClusterSecretStore, Name: store}, Exists: true, Provider: "aws",
	}}
	if ago > 0 {
		b.g.secrets[id] = status.SecretLink{Name: name, Exists: true, Integrity: status.Intact}
		b.g.changed[id] = &synced.Time
	}
	found := consumers.Found{}
	for _, user := range users {
		found.Workloads = append(found.Workloads, consumers.Workload{
			Group: "apps", Kind: "Deployment", Name: user, Uses: []consumers.Use{{As: consumers.AsEnvFrom, Container: "app"}}, Pods: 2,
		})
	}
	b.g.users[id] = found
	return &b.g.seen.Items[len(b.g.seen.Items)-1]
}

// fail makes an ExternalSecret one whose last refresh has failed.
func fail(item *status.Item, message string) {
	since := noon().Add(-2 * time.Hour)
	item.State, item.Reason, item.Message = status.Failed, api.ReasonSecretSyncedError, message
	item.Ready = &status.Ready{Status: "False", Reason: item.Reason, Message: message, Since: &since}
}

func (b *builder) run(ago time.Duration, seconds float64, requests, failed int) {
	started := noon().Add(-ago)
	state, exit := runs.Succeeded, 0
	if failed > 0 {
		state, exit = runs.SomeFailed, 3
	}
	id := started.Format("20060102t150405.000z") + "-x7k2p"
	b.g.runs = append(b.g.runs, runs.Run{
		APIVersion: "externalsecret.kubectl/v1", Kind: "Run", Name: id, State: state, Job: "externalsecret-runner-29", Started: started,
		Report: &runreport.Run{
			ID: id, Exit: exit, Started: started, Seconds: seconds, Total: len(b.g.seen.Items),
			Outcomes: map[core.Outcome]int{core.Updated: 2, core.Skipped: len(b.g.seen.Items) - 2 - failed, core.Failed: failed},
			Requests: map[string]int{"SecretsManager.BatchGetSecretValue": requests, "STS.AssumeRoleWithWebIdentity": 1},
		},
	})
}

const (
	refused = `could not get secret data from provider: spec.data[0] (remote key "bank/ledger"): SecretsManager GetSecretValue: AccessDeniedException: ` +
		"User: arn:aws:sts::123456789012:assumed-role/bank/x is not authorized to perform: secretsmanager:GetSecretValue on resource: bank/ledger"
	unheard = "could not get secret data from provider: the gremlin has eaten it"
)

// small is a fleet of which each thing is there once.
func small() *Fleet {
	b := newBuilder()
	b.add("shop", "db", "aws", "1h", 20*time.Minute, "web", "worker")
	b.add("shop", "cache", "aws", "1h", 50*time.Minute, "web")
	b.add("shop", "mail", "aws", "1h", 65*time.Minute, "worker")
	b.add("shop", "late", "aws", "1h", 5*time.Hour, "web")
	b.add("shop", "often", "aws", "5m", 3*time.Minute)
	b.add("shop", "once", "aws", "0", 300*time.Hour, "web")
	fail(b.add("bank", "ledger", "aws", "1h", 3*time.Hour, "ledger"), refused)
	fail(b.add("bank", "audit", "aws", "1h", 3*time.Hour, "audit"), refused)
	fail(b.add("bank", "odd", "vault", "24h", 30*time.Hour, "audit"), unheard)
	b.add("bank", "fresh", "vault", "24h", 2*time.Hour, "ledger", "audit", "batch", "export", "import")
	b.add("bank", "new", "vault", "24h", 0)
	at := b.add("bank", "risk", "gone", "24h", 10*time.Hour, "ledger")
	at.State, at.Reason, at.Message = status.AtRisk, status.ReasonStoreError, `could not get ClusterSecretStore "gone": there is no such store`
	b.g.stores[storeKey{api.KindClusterSecretStore, "", "gone"}] = Store{Known: true, StoreLink: status.StoreLink{
		StoreRef: status.StoreRef{Kind: api.KindClusterSecretStore, Name: "gone"}, Error: at.Message,
	}}
	delete(b.g.secrets, types.NamespacedName{Namespace: "shop", Name: "late"})
	b.run(4*time.Minute, 1.42, 3, 3)
	b.run(9*time.Minute, 1.37, 1, 3)
	b.run(14*time.Minute, 4.8, 12, 0)
	b.g.runs = append([]runs.Run{{Name: "externalsecret-runner-30", State: runs.Running, Started: noon().Add(-4 * time.Second)}}, b.g.runs...)
	return assemble(Scope{Context: "production"}, &b.g)
}

// large is a fleet of so many ExternalSecrets, in namespaces of 50 to 950, of which one in a hundred fails.
func large(objects int) *Fleet {
	b := newBuilder()
	intervals := []string{"1h", "1h", "1h", "5m", "24h", "15m", "0"}
	spread := []time.Duration{61 * time.Minute, 62 * time.Minute, 63 * time.Minute, 6 * time.Minute, 24 * time.Hour, 16 * time.Minute, 900 * time.Hour}
	namespace, left := 0, 0
	for i := range objects {
		if left == 0 {
			namespace++
			left = 50 + (namespace*namespace*37)%900
		}
		left--
		store := fmt.Sprintf("aws-%02d", namespace%23)
		kind := i % len(intervals)
		ago := time.Duration(float64(spread[kind])*float64((i*7919)%1000)/1000) + time.Second
		item := b.add(fmt.Sprintf("team-%03d", namespace), fmt.Sprintf("app-%05d-credentials", i), store, intervals[kind], ago, fmt.Sprintf("app-%05d", i-i%3))
		if i%100 == 17 {
			fail(item, fmt.Sprintf(`could not get secret data from provider: spec.data[0] (remote key "team/%05d"): SecretsManager GetSecretValue: AccessDeniedException: `+
				"User: arn:aws:sts::123456789012:assumed-role/reader/x is not authorized to perform: secretsmanager:GetSecretValue on resource: team/%05d", i, i))
		}
	}
	for i := range 10 {
		b.run(time.Duration(4+5*i)*time.Minute, 6+float64(i*i%7), 200+40*(i%4), 100)
	}
	return assemble(Scope{Context: "production"}, &b.g)
}
