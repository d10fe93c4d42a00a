package doctor

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
)

// noon is the time in these tests.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func before(ago time.Duration) time.Time { return noon().Add(-ago) }

func name(namespace, name string) types.NamespacedName {
	return types.NamespacedName{Namespace: namespace, Name: name}
}

// externalSecret makes one that was synced a while ago and reads "store", and changes it.
func externalSecret(namespaced string, ago time.Duration, change ...func(*api.ExternalSecret)) resolve.Item {
	es := &api.ExternalSecret{}
	es.Namespace, es.Name, es.Generation = "shop", namespaced, 1
	es.CreationTimestamp = metav1.NewTime(before(48 * time.Hour))
	es.Spec.SecretStoreRef = api.SecretStoreRef{Name: "store", Kind: api.KindSecretStore}
	es.Spec.RefreshInterval = "1h"
	es.Status.RefreshTime = &metav1.Time{Time: before(ago)}
	es.Status.SyncedResourceVersion = api.SyncedResourceVersion(es.Generation, es.Annotations, es.Labels)
	es.Status.Conditions = []api.Condition{{Type: api.ConditionReady, Status: metav1.ConditionTrue, Reason: api.ReasonSecretSynced}}
	for _, c := range change {
		c(es)
	}
	return resolve.Item{NamespacedName: name(es.Namespace, es.Name), ES: es}
}

func never(es *api.ExternalSecret) { es.Status = api.ExternalSecretStatus{} }

func edited(es *api.ExternalSecret) { es.Generation++ }

func failed(es *api.ExternalSecret) {
	es.Status.Conditions = []api.Condition{{
		Type: api.ConditionReady, Status: metav1.ConditionFalse, Reason: "SecretSyncedError", Message: "access\x1b[2J denied",
	}}
}

func from(kind, store string) func(*api.ExternalSecret) {
	return func(es *api.ExternalSecret) { es.Spec.SecretStoreRef = api.SecretStoreRef{Kind: kind, Name: store} }
}

func finalizers(all ...string) func(*api.ExternalSecret) {
	return func(es *api.ExternalSecret) { es.Finalizers = all }
}

func deleted(es *api.ExternalSecret) { es.DeletionTimestamp = &metav1.Time{Time: before(time.Hour)} }

func metadataOf(namespace, of string, finalizers ...string) metav1.PartialObjectMetadata {
	return metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: of, Finalizers: finalizers}}
}

func forbidden(resource string) error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "", nil)
}

func runnerWith(change ...func(*runner)) runner {
	r := runner{
		NamespacedName: name("externalsecret-system", "externalsecret-runner"), schedule: "*/5 * * * *", version: "v1.2.0",
		created: before(48 * time.Hour), scheduled: before(3 * time.Minute), succeeded: before(2 * time.Minute),
		serves: serving.Coverage{Class: "default"},
		jobs:   known[[]job]{value: []job{{name: "externalsecret-runner-1", ended: before(2 * time.Minute)}}},
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func operatorWith(part string, ready int32) operator {
	return operator{
		NamespacedName: name("external-secrets", "eso-"+part), part: part, version: "v2.9.0", wanted: 1, ready: ready,
		serves: serving.Coverage{Class: "default"},
	}
}

func crdWith(resource string, change ...func(*crd)) crd {
	c := crd{resource: resource, established: true, served: []string{"v1", "v1beta1"}, storage: "v1", stored: []string{"v1"}, owner: "kubectl"}
	for _, each := range change {
		each(&c)
	}
	return c
}

// healthy are the facts of a cluster in which a runner does its work.
func healthy() *facts {
	f := &facts{
		now: noon(), plugin: "v1.2.3", version: "external-secrets.io/v1", user: "jane", endpoints: map[service]known[int]{},
		runners: known[[]runner]{value: []runner{runnerWith()}},
		externalSecrets: known[[]resolve.Item]{value: []resolve.Item{
			externalSecret("db", time.Minute), externalSecret("web", 30*time.Minute),
		}},
		stores:  known[[]store]{value: []store{{NamespacedName: name("shop", "store"), kind: kindStore}}},
		secrets: known[[]metav1.PartialObjectMetadata]{value: []metav1.PartialObjectMetadata{metadataOf("shop", "db"), metadataOf("shop", "web")}},
	}
	for _, resource := range required() {
		f.crds.value = append(f.crds.value, crdWith(resource))
	}
	f.crds.value = append(f.crds.value, crd{resource: api.ResourceClusterExternalSecrets, missing: true})
	f.grant(func(right) bool { return true })
	return f
}

// grant answers for all rights that are needed.
func (f *facts) grant(allowed func(right) bool) {
	f.rights = nil
	for _, of := range rightsFor(f) {
		f.rights = append(f.rights, grant{right: of, allowed: allowed(of)})
	}
}

// ill are facts with nearly everything that can be wrong after an operator was removed.
func ill() *facts {
	f := healthy()
	gone := service{"external-secrets", "external-secrets-webhook"}
	f.endpoints[gone] = known[int]{}
	f.crds.value = []crd{
		crdWith(api.ResourceExternalSecrets, func(c *crd) { c.stored = []string{"v1beta1", "v1"} }),
		crdWith(api.ResourceSecretStores, func(c *crd) { c.conversion = &gone }),
		crdWith(api.ResourceClusterSecretStores, func(c *crd) { c.established = false }),
	}
	f.webhooks.value = []webhook{
		{configuration: "externalsecret-validate", name: "a", service: gone, blocks: true},
		{configuration: "secretstore-validate", name: "b", service: gone, blocks: true},
		{configuration: "secretstore-validate", name: "c", service: gone, blocks: true},
	}
	f.runners.value = []runner{runnerWith(func(r *runner) {
		r.suspended, r.version, r.serves.Namespaces = true, "v1.1.0", []string{"shop", "web"}
		r.unbegun.value = &unbegun{name: "externalsecret-runner-manual-x", made: before(time.Hour), why: `pod "p" waits on node n: ImagePullBackOff: no such image` + "\x1b[2J"}
	})}
	f.stores.value = append(f.stores.value, store{NamespacedName: name("shop", "batch"), kind: kindStore, class: "batch's"})
	f.clusterStores.value = []store{{
		NamespacedName: name("", "pushed"), kind: kindClusterStore, finalizers: []string{"secretstore.externalsecrets.io/finalizer"},
		accounts: []types.NamespacedName{name("shop", "reader")}, selects: true,
	}}
	f.externalSecrets.value = []resolve.Item{
		externalSecret("broken", time.Minute, failed),
		externalSecret("changed", time.Minute, edited),
		externalSecret("fine", time.Minute),
		externalSecret("lost", time.Minute, from(api.KindClusterSecretStore, "nowhere")),
		externalSecret("new", 0, never),
		externalSecret("other", time.Minute, from(api.KindSecretStore, "batch")),
		externalSecret("stuck", time.Minute, deleted, finalizers(api.FinalizerExternalSecret)),
		externalSecret("theirs", time.Minute, deleted, finalizers("example.com/backup")),
		externalSecret("wide", time.Minute, from(api.KindClusterSecretStore, "pushed"), finalizers(api.FinalizerExternalSecret),
			func(es *api.ExternalSecret) { es.Spec.Target.DeletionPolicy = api.DeletionPolicyDelete }),
	}
	for _, of := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		f.externalSecrets.value = append(f.externalSecrets.value, externalSecret("late-"+of, 9*time.Hour))
	}
	f.clusterExternalSecrets.value = []metav1.PartialObjectMetadata{metadataOf("", "everywhere", "externalsecrets.external-secrets.io/clusterexternalsecret-cleanup")}
	dying := metadataOf("", "old", "externalsecrets.external-secrets.io/ces-everywhere", "kubernetes", "externalsecrets.external-secrets.io/ces-other")
	dying.DeletionTimestamp = &metav1.Time{Time: before(time.Hour)}
	f.namespaces.value = []metav1.PartialObjectMetadata{
		dying, metadataOf("", "quiet", "example.com/other"), metadataOf("", "shop", "externalsecrets.external-secrets.io/ces-everywhere"),
	}
	f.secrets.value = []metav1.PartialObjectMetadata{metadataOf("shop", "fine"), metadataOf("shop", "forgotten")}
	f.old = []Object{
		{Kind: "SecretStore", Namespace: "shop", Name: "store", Note: "by helm"},
		{Kind: "ExternalSecret", Namespace: "shop", Name: "fine", Note: "by kubectl apply"},
	}
	f.grant(func(of right) bool {
		return of.resource != "secrets" && of.resource != "serviceaccounts" || of.verb == "get"
	})
	return f
}

// busy are the facts of a cluster in which an operator is not well and a runner is beside it.
func busy() *facts {
	f := healthy()
	f.operators.value = []operator{
		operatorWith(partController, 1), operatorWith(partWebhook, 0), operatorWith(partCertController, 1),
		{NamespacedName: name("batch", "eso"), part: partController, serves: serving.Coverage{Class: "batch"}},
	}
	hooks := service{"external-secrets", "external-secrets-webhook"}
	f.endpoints[hooks] = known[int]{}
	f.webhooks.value = []webhook{{configuration: "externalsecret-validate", service: hooks}}
	f.runners.value = []runner{
		runnerWith(),
		runnerWith(func(r *runner) { r.Name, r.schedule, r.serves.Class = "odd", "now and then", "odd" }),
		runnerWith(func(r *runner) {
			r.Name, r.scheduled, r.succeeded, r.jobs.value, r.serves.Labels = "idle", time.Time{}, time.Time{}, nil, "team=none"
		}),
		runnerWith(func(r *runner) {
			r.Name, r.succeeded, r.serves.Fields = "late", before(time.Hour), "metadata.name=none"
		}),
		runnerWith(func(r *runner) {
			r.Name, r.serves.Namespaces = "failing", []string{"none"}
			r.jobs.value = append(r.jobs.value, job{
				name: "failing-1", ended: before(time.Minute), failed: true, message: "Job has reached the specified backoff limit",
			})
		}),
	}
	f.crds.value[0].served = []string{"v1beta1"}
	f.crds.value[1].served = []string{"v1"}
	f.stores.value = append(f.stores.value, store{NamespacedName: name("shop", "batch"), kind: kindStore, class: "batch"})
	f.externalSecrets.value = append(f.externalSecrets.value,
		externalSecret("batched", 9*time.Hour, from(api.KindSecretStore, "batch")),
		externalSecret("held", time.Minute, deleted, finalizers(api.FinalizerExternalSecret)))
	f.old = []Object{{Kind: "ExternalSecret", Namespace: "shop", Name: "db", Note: "by kubectl apply"}}
	return f
}

// blind are the facts of somebody who may do very little.
func blind() *facts {
	f := &facts{now: noon(), plugin: "v1.2.3", version: "external-secrets.io/v1", namespace: "shop", narrowed: true}
	f.user = "system:serviceaccount:shop:viewer"
	f.crds.err, f.webhooks.err, f.operators.err, f.runners.err = forbidden("customresourcedefinitions"), forbidden("validatingwebhookconfigurations"),
		forbidden("deployments"), forbidden("cronjobs")
	f.clusterStores.err, f.clusterExternalSecrets.err = forbidden("clustersecretstores"), forbidden("clusterexternalsecrets")
	f.namespaces.err, f.secrets.err = forbidden("namespaces"), forbidden("secrets")
	f.externalSecrets.value = []resolve.Item{
		externalSecret("db", time.Minute, finalizers(api.FinalizerExternalSecret)), externalSecret("wide", time.Minute, from(kindClusterStore, "any")),
	}
	f.stores.value = []store{{NamespacedName: name("shop", "store"), kind: kindStore}}
	f.grant(func(of right) bool { return of.resource == api.ResourceExternalSecrets && of.subresource == "" })
	return f
}

// bare are the facts of a cluster without the API, of somebody who may list nothing.
func bare() *facts {
	f := &facts{now: noon(), noAPI: true}
	for _, resource := range append(required(), api.ResourceClusterExternalSecrets) {
		f.crds.value = append(f.crds.value, crd{resource: resource, missing: true})
	}
	f.rights = []grant{{right: right{resource: "secrets", verb: "get"}, err: forbidden("selfsubjectaccessreviews")}}
	return f
}

// stranger is who may not even look whether the API is there.
func stranger() *facts {
	f := bare()
	f.crds = known[[]crd]{err: forbidden("customresourcedefinitions")}
	f.rights = nil
	return f
}

func container(args ...string) corev1.Container { return corev1.Container{Args: args} }
