package doctor

// The checks, in the order in which they are told.
const (
	checkCRDs            = "crds"
	checkManifests       = "manifests"
	checkOperator        = "operator"
	checkRunner          = "runner"
	checkClasses         = "classes"
	checkExternalSecrets = "externalsecrets"
	checkSecrets         = "secrets"
	checkWebhooks        = "webhooks"
	checkFinalizers      = "finalizers"
	checkRights          = "rights"
)

// What can be found.
const (
	idCRDMissing        = "crd-missing"
	idCRDNotEstablished = "crd-not-established"
	idCRDV1NotServed    = "crd-v1-not-served"
	idCRDStoredVersions = "crd-stored-versions"
	idCRDConversionDead = "crd-conversion-dead"

	idManifestOld = "manifest-v1beta1"

	idOperatorNotReady   = "operator-not-ready"
	idOperatorScaledDown = "operator-scaled-down"

	idRunnerSuspended = "runner-suspended"
	idRunnerNeverRan  = "runner-never-ran"
	idRunnerLate      = "runner-late"
	idRunnerFailing   = "runner-failing"
	idRunnerUnbegun   = "runner-unbegun"
	idRunnerSchedule  = "runner-schedule"
	idRunnerVersion   = "runner-version"

	idClassUnserved  = "class-unserved"
	idClassContested = "class-contested"
	idStoreMissing   = "store-missing"

	idUnreadable  = "externalsecret-unreadable"
	idFailed      = "externalsecret-failed"
	idOverdue     = "externalsecret-overdue"
	idChanged     = "externalsecret-changed"
	idNeverSynced = "externalsecret-never-synced"

	idSecretUnclaimed = "secret-unclaimed"

	idWebhookDead = "webhook-dead"

	idStuck              = "deletion-stuck"
	idFinalizer          = "finalizer-left"
	idNamespaceFinalizer = "namespace-finalizer"

	idRightMissing = "right-missing"
)

// Kind is a kind of finding.
type Kind struct {
	ID, Check string
	// Severity is the usual one.
	Severity Severity
	// Meaning and Fix are sentences.
	Meaning, Fix string
}

// Catalog is every kind of finding that is not OK or UNKNOWN.
func Catalog() []Kind {
	return []Kind{
		{idCRDMissing, checkCRDs, Problem, "The API server does not know a kind without which nothing works.", "`kubectl externalsecret install` brings them; so does External Secrets Operator."},
		{idCRDNotEstablished, checkCRDs, Problem, "A CRD is there and not served, usually because its names are taken.", "Look at the conditions of the CRD."},
		{idCRDV1NotServed, checkCRDs, Warning, "Only an older version of the API is served. This tool works with it; manifests in v1 are refused.", "Whoever has installed them has to renew them; `kubectl externalsecret install` renews its own."},
		{idCRDStoredVersions, checkCRDs, Warning, "Objects may lie in etcd in a version that newer CRDs don't have. Such CRDs can't be applied until they are rewritten.", "Patch each object with nothing, which writes it in the new version, then correct `status.storedVersions`. Webhooks that nothing answers for must go first."},
		{idCRDConversionDead, checkCRDs, Problem, "Versions are converted by a webhook that nothing answers for: requests in another version than the stored one fail.", "Set the conversion to None: the versions have the same fields."},
		{idManifestOld, checkManifests, Warning, "Objects were last written from manifests in v1beta1. A PROBLEM where that version is not served any more. Fields that nobody has changed since keep the mark of the old version, except with `kubectl apply`.", "Write v1 in the manifests and apply them."},
		{idOperatorNotReady, checkOperator, Problem, "External Secrets Operator is installed and does not run.", "Look at its Pods; or remove it, and what it leaves behind."},
		{idOperatorScaledDown, checkOperator, Warning, "External Secrets Operator is installed with no replicas.", "Scale it up, or remove it."},
		{idRunnerSuspended, checkRunner, Warning, "The CronJob is suspended: no run begins.", "Resume it."},
		{idRunnerNeverRan, checkRunner, Problem, "The CronJob should have begun a run by now and has not.", "Look at its Events."},
		{idRunnerLate, checkRunner, Problem, "The last successful run is longer ago than the schedule allows.", "Look at the Jobs and their Pods."},
		{idRunnerFailing, checkRunner, Problem, "The last run has failed. A run in which an ExternalSecret failed counts as failed.", "Read its log."},
		{idRunnerUnbegun, checkRunner, Problem, "A run was made more than a minute ago and none of its Pods has begun, or none of one of its shards: no image, no node, or no Pod may be made.", "The finding says what it waits for; the Events of its Job and Pods say more."},
		{idRunnerSchedule, checkRunner, Warning, "The schedule can't be read, so that nobody can tell whether it is late.", "Correct `spec.schedule`."},
		{idRunnerVersion, checkRunner, Warning, "Runner and plugin are of different versions, and may do different things.", "Update the older one."},
		{idClassUnserved, checkClasses, Problem, "Nothing in the cluster refreshes some ExternalSecrets, because of the class of their stores, or because no runner and no operator is there. A WARNING while all of them are up to date.", "[Install a runner](../install.md) by `kubectl externalsecret install`, or refresh by hand or from a pipeline."},
		{idClassContested, checkClasses, Warning, "Some ExternalSecrets are refreshed by several. That does no harm and doubles the requests to the provider.", "Give the stores a class (`spec.controller`), or narrow the runner."},
		{idStoreMissing, checkExternalSecrets, Problem, "ExternalSecrets refer to stores that do not exist.", "Make the stores, or correct the references."},
		{idUnreadable, checkExternalSecrets, Problem, "The ExternalSecrets can't be listed, so that nothing can be said of them.", "Have the right granted, or name a namespace with `-n`."},
		{idFailed, checkExternalSecrets, Problem, "The last refresh of some ExternalSecrets failed, or they can't be read.", "`status NAME` shows what is between the store and the Pods."},
		{idOverdue, checkExternalSecrets, Problem, "A refresh is late by more than is usual, see [status](../status.md#states).", "Look at who should refresh them; `refresh` does it now."},
		{idChanged, checkExternalSecrets, Warning, "ExternalSecrets were changed after their last sync, and nothing has refreshed them since.", "Wait for the next pass, or `refresh`."},
		{idNeverSynced, checkExternalSecrets, Problem, "ExternalSecrets that are older than 10 minutes have never been refreshed.", "Look at who should refresh them; `refresh` does it now."},
		{idSecretUnclaimed, checkSecrets, Warning, "Secrets have the label of managed ones, and no ExternalSecret writes them: their values stay as they are.", "Delete those that nothing uses, or take the label off."},
		{idWebhookDead, checkWebhooks, Problem, "Changes to objects of the API are checked by a webhook that nothing answers for, so that they are refused. A WARNING where its `failurePolicy` is Ignore.", "Delete its configuration if the operator is gone; else repair the operator."},
		{idStuck, checkFinalizers, Problem, "Objects have been waiting for a finalizer for more than a minute.", "`refresh NAME` lets go of ExternalSecrets that wait for an operator that is gone; elsewhere take the finalizer off."},
		{idFinalizer, checkFinalizers, Warning, "Objects have a finalizer of an operator that does not run: their deletion will wait.", "Nothing for ExternalSecrets: when one is deleted, a pass lets go of it, and of ClusterExternalSecrets a pass over all. Elsewhere take it off."},
		{idNamespaceFinalizer, checkFinalizers, Warning, "Namespaces have a finalizer of the operator's ClusterExternalSecrets, and the operator does not run: their deletion will wait. A PROBLEM where it does already.", "Take it off."},
		{idRightMissing, checkRights, Warning, "You lack a right that a refresh by you would need. The runner has rights of its own.", "Have somebody grant it, if you are to refresh."},
	}
}

// checkOf is the check to which a kind of finding belongs.
func checkOf(id string) string {
	for _, kind := range Catalog() {
		if kind.ID == id {
			return kind.Check
		}
	}
	return ""
}

// section is a group of checks under one title.
type section struct {
	title  string
	checks []string
}

func sections() []section {
	return []section{
		{"API", []string{checkCRDs, checkManifests}},
		{"Who refreshes", []string{checkOperator, checkRunner, checkClasses}},
		{"ExternalSecrets", []string{checkExternalSecrets, checkSecrets}},
		{"Left behind by an operator", []string{checkWebhooks, checkFinalizers}},
		{"Your rights", []string{checkRights}},
	}
}
