package api

// The API as the server names it.
const (
	Group   = "external-secrets.io"
	V1      = "v1"
	V1Beta1 = "v1beta1"
	// APIVersion is what ownerReferences name, whichever version the ExternalSecret was read in.
	APIVersion = Group + "/" + V1

	KindExternalSecret        = "ExternalSecret"
	KindClusterExternalSecret = "ClusterExternalSecret"
	KindSecretStore           = "SecretStore"
	KindClusterSecretStore    = "ClusterSecretStore"

	ResourceExternalSecrets        = "externalsecrets"
	ResourceClusterExternalSecrets = "clusterexternalsecrets"
	ResourceSecretStores           = "secretstores"
	ResourceClusterSecretStores    = "clustersecretstores"
)

// What marks a Secret that an ExternalSecret writes.
const (
	// LabelManaged is on each such Secret, with LabelManagedValue.
	LabelManaged      = "reconcile.external-secrets.io/managed"
	LabelManagedValue = "true"
	// LabelOwner holds OwnerLabel of the ExternalSecret, under CreationPolicyOwner only.
	LabelOwner = "reconcile.external-secrets.io/created-by"
	// AnnotationDataHash holds DataHash of the Secret's data.
	AnnotationDataHash = "reconcile.external-secrets.io/data-hash"
)

// What is found on other objects of the API.
const (
	// AnnotationForceSync on an ExternalSecret asks for a refresh: a new value changes SyncedResourceVersion. On a
	// ClusterExternalSecret it is handed on to its ExternalSecrets.
	AnnotationForceSync = "external-secrets.io/force-sync"
	// FinalizerExternalSecret is put on each ExternalSecret by External Secrets Operator.
	FinalizerExternalSecret = "externalsecrets.external-secrets.io/externalsecret-cleanup"
	// FinalizerClusterExternalSecret is put on each ClusterExternalSecret by External Secrets Operator.
	FinalizerClusterExternalSecret = "externalsecrets.external-secrets.io/clusterexternalsecret-cleanup"
)

// ControllerDefault is the class of External Secrets Operator: it serves the stores whose spec.controller is this or empty.
const ControllerDefault = "default"
