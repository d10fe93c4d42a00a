package manifests

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/distribution/reference"
	"github.com/robfig/cron/v3"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Names of what is rendered.
const (
	// DefaultNamespace is where the runner is installed.
	DefaultNamespace = "externalsecret-system"
	// Name is that of the runner's CronJob, service account, lease, ConfigMap of reports and roles. With shards there is a lease for
	// each, and its name ends with the shard's number. Further roles have longer names.
	Name = "externalsecret-runner"
	// ImageRepository is where the runner's image is published. Its tag is a version.
	ImageRepository = "ghcr.io/kubectl-externalsecret/externalsecret-runner"
)

// maxShards is far more than any cluster needs.
const maxShards = 1000

// SecretAccess says how the runner may read Secrets.
type SecretAccess string

// The ways to read Secrets.
const (
	// SecretsListed lets it list them, 500 a request.
	SecretsListed SecretAccess = "list"
	// SecretsByName lets it read them by name only.
	SecretsByName SecretAccess = "get"
)

// Options are what can be chosen when the runner is installed. The zero value is the runner of the kustomize base, without CRDs.
type Options struct {
	// Namespace is where the runner is installed; DefaultNamespace if empty.
	Namespace string
	// WithCRDs adds the CRDs.
	WithCRDs bool

	// Scope names the namespaces that the runner serves; none means the whole cluster. With namespaces it gets no right outside of
	// them, unless ClusterStores lets it read ClusterSecretStores and ClusterGenerators.
	Scope         []string
	ClusterStores bool
	// SecretAccess is SecretsListed if empty.
	SecretAccess SecretAccess
	// LoginServiceAccounts are those as which stores may log in.
	LoginServiceAccounts []types.NamespacedName

	// Image, Schedule (in cron's format) and TimeZone (of the IANA) replace those of the base unless they are empty.
	Image, Schedule, TimeZone string
	// ActiveDeadline ends a run that hangs; that of the base if 0. Whole seconds.
	ActiveDeadline time.Duration
	// Shards is how many Pods share the work; 0 is 1.
	Shards int
	// Linger is how long after its begin a run goes on; 0 ends it with the pass. Whole seconds. ActiveDeadline does not hold then:
	// the run may take a little longer than this.
	Linger time.Duration
	// ControllerClass is the class of the stores to serve, besides those that name none.
	ControllerClass string
	// Args are further flags of the runner, Env further environment variables of its container: not those that tell it its Pod.
	Args []string
	Env  map[string]string
	// ServiceAccountAnnotations are for cloud identities.
	ServiceAccountAnnotations map[string]string
}

// check completes the options, and tells what is wrong with them.
func (o *Options) check() error {
	if o.Namespace == "" {
		o.Namespace = DefaultNamespace
	}
	if o.Shards == 0 {
		o.Shards = 1
	}
	if o.SecretAccess == "" {
		o.SecretAccess = SecretsListed
	}
	var failures []error
	for _, namespace := range append([]string{o.Namespace}, o.Scope...) {
		if problems := validation.IsDNS1123Label(namespace); len(problems) > 0 {
			failures = append(failures, fmt.Errorf("%q can't be the name of a namespace: %s", namespace, problems[0]))
		}
	}
	for _, account := range o.LoginServiceAccounts {
		if problems := validation.IsDNS1123Label(account.Namespace); len(problems) > 0 {
			failures = append(failures, fmt.Errorf("service account %q: %q can't be the name of a namespace: %s", account, account.Namespace, problems[0]))
		}
		if problems := validation.IsDNS1123Subdomain(account.Name); len(problems) > 0 {
			failures = append(failures, fmt.Errorf("service account %q: %q can't be its name: %s", account, account.Name, problems[0]))
		}
	}
	for key := range o.ServiceAccountAnnotations {
		if problems := validation.IsQualifiedName(strings.ToLower(key)); len(problems) > 0 { // as the API server has it
			failures = append(failures, fmt.Errorf("%q can't be the key of an annotation: %s", key, problems[0]))
		}
	}
	if o.SecretAccess != SecretsListed && o.SecretAccess != SecretsByName {
		failures = append(failures, fmt.Errorf("access to Secrets %q is neither %s nor %s", o.SecretAccess, SecretsListed, SecretsByName))
	}
	if o.ClusterStores && len(o.Scope) == 0 {
		failures = append(failures, errors.New("the reading of ClusterSecretStores is for a runner that serves some namespaces: who serves the whole cluster has it"))
	}
	if o.Shards < 1 || o.Shards > maxShards {
		failures = append(failures, fmt.Errorf("%d shards are not between 1 and %d", o.Shards, maxShards))
	}
	if _, err := reference.ParseNormalizedNamed(o.Image); o.Image != "" && err != nil {
		failures = append(failures, fmt.Errorf("%q can't be the name of an image: %w", o.Image, err))
	}
	if err := checkSchedule(o.Schedule); err != nil {
		failures = append(failures, fmt.Errorf("%q is no schedule of a CronJob: %w", o.Schedule, err))
	}
	if o.Linger < 0 || o.Linger%time.Second != 0 {
		failures = append(failures, fmt.Errorf("lingering for %s is not for a number of whole seconds", o.Linger))
	}
	if o.ActiveDeadline < 0 || o.ActiveDeadline%time.Second != 0 {
		failures = append(failures, fmt.Errorf("the deadline of %s is not a number of whole seconds", o.ActiveDeadline))
	}
	for _, name := range []string{"POD_NAME", "POD_NAMESPACE"} {
		if _, ok := o.Env[name]; ok {
			failures = append(failures, fmt.Errorf("the environment variable %s tells the runner which Pod it is: it can't be set", name))
		}
	}
	o.Scope = slices.Compact(slices.Sorted(slices.Values(o.Scope)))
	return errors.Join(failures...)
}

// checkSchedule tells why a schedule is none that a CronJob can have; that of the base is empty.
func checkSchedule(schedule string) error {
	if strings.Contains(schedule, "TZ") { // which the parser would take
		return errors.New("its time zone has a place of its own")
	}
	if schedule == "" {
		return nil
	}
	_, err := cron.ParseStandard(schedule)
	return err
}
