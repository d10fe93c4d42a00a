package doctor

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
)

// known is what was read, and why there may be more that was not.
type known[T any] struct {
	value T
	err   error
}

// facts are what the cluster says. Each stands by itself: one that could not be read has its error.
type facts struct {
	now time.Time
	// plugin is the version of this program.
	plugin string
	// namespace is what was looked at; empty is all. narrowed tells that it should have been all, which is forbidden.
	namespace string
	narrowed  bool
	// version is that of the API which is used; noAPI tells that there is none.
	version string
	noAPI   bool

	crds      known[[]crd]
	webhooks  known[[]webhook]
	endpoints map[service]known[int] // how many are ready

	operators known[[]operator]
	runners   known[[]runner]

	externalSecrets        known[[]resolve.Item]
	stores                 known[[]store]
	clusterStores          known[[]store]
	clusterExternalSecrets known[[]metav1.PartialObjectMetadata]
	namespaces             known[[]metav1.PartialObjectMetadata]
	// secrets are the managed ones, of which nothing but the metadata is read.
	secrets known[[]metav1.PartialObjectMetadata]
	// old are objects whose manifests are in version v1beta1.
	old []Object

	// user is whose rights they are; empty if the server does not tell.
	user   string
	rights []grant
}

// service names a Service.
type service struct{ namespace, name string }

// crd is a CustomResourceDefinition.
type crd struct {
	// resource is the plural, such as externalsecrets.
	resource    string
	missing     bool
	established bool
	served      []string
	storage     string
	// stored are the versions in which objects may lie in etcd.
	stored []string
	// conversion is the Service that converts between versions; nil if none is needed.
	conversion *service
	// owner is who has installed it, such as "Helm release external-secrets/eso"; empty if it does not say.
	owner string
}

func (c crd) name() string { return c.resource + "." + api.Group }

// webhook is one that is asked before objects of the External Secrets API are changed.
type webhook struct {
	// configuration is the ValidatingWebhookConfiguration that has it.
	configuration, name string
	service             service
	// blocks tells that nothing can be changed while the webhook does not answer.
	blocks bool
}

// The parts of External Secrets Operator.
const (
	partController     = "controller"
	partWebhook        = "webhook"
	partCertController = "certcontroller"
)

// operator is a Deployment of External Secrets Operator.
type operator struct {
	types.NamespacedName
	part    string
	version string
	wanted  int32 // replicas
	ready   int32
	// serves is what a controller refreshes.
	serves serving.Coverage
}

// runner is a CronJob of ours.
type runner struct {
	types.NamespacedName
	schedule  string
	suspended bool
	created   time.Time
	// scheduled and succeeded are the last times; zero for never.
	scheduled, succeeded time.Time
	version              string
	serves               serving.Coverage
	jobs                 known[[]job]
	// unbegun is a run that should have begun and waits; nil if there is none.
	unbegun known[*unbegun]
}

// unbegun is a Job that goes on and none of whose Pods has begun, or none of some of its shards.
type unbegun struct {
	name string
	made time.Time
	// shards are the indexes of those that have not begun, the first of which waits for why; none where it is all of the Job.
	shards []int
	why    string
}

// job is one that a CronJob has made and that has ended.
type job struct {
	name    string
	ended   time.Time
	failed  bool
	message string
}

// store is a SecretStore or a ClusterSecretStore.
type store struct {
	types.NamespacedName
	kind       string
	class      string
	deleting   time.Time // zero if it is not
	finalizers []string
	// accounts are the ServiceAccounts by which it logs in; without a namespace that of the ExternalSecret is meant.
	accounts []types.NamespacedName
	// selects tells that its conditions look at the labels of namespaces.
	selects bool
}
