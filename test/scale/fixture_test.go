// Package scale_test drives the runner over as many ExternalSecrets as a large cluster has, and over an API server that goes away
// meanwhile. It has a control plane to itself. Its tests run one after the other.
package scale_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// fleet is a namespace with ExternalSecrets of two keys each, which read remote secrets from an endpoint of its own.
type fleet struct {
	cluster          *harness.ControlPlane
	aws              *harness.Endpoint
	core             kubernetes.Interface
	namespace        string
	objects, secrets int
}

// newFleet makes ExternalSecrets that share so many remote secrets evenly.
func newFleet(t *testing.T, objects, secrets int, interval string) *fleet {
	t.Helper()
	f := &fleet{cluster: harness.Cluster(t), aws: harness.AWS(t), objects: objects, secrets: secrets}
	f.cluster.ApplyCRDs(t)
	f.namespace = f.cluster.Namespace(t)
	client, err := dynamic.NewForConfig(f.cluster.Config())
	require.NoError(t, err)
	f.core, err = kubernetes.NewForConfig(f.cluster.Config())
	require.NoError(t, err)
	create := func(kind, resource, name string, spec map[string]any) error {
		object := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": api.APIVersion, "kind": kind, "metadata": map[string]any{"name": name}, "spec": spec,
		}}
		group := schema.GroupVersionResource{Group: api.Group, Version: api.V1, Resource: resource}
		_, err := client.Resource(group).Namespace(f.namespace).Create(t.Context(), object, metav1.CreateOptions{})
		return err
	}
	require.NoError(t, create(api.KindSecretStore, api.ResourceSecretStores, "store", map[string]any{
		"provider": map[string]any{"aws": map[string]any{"service": "SecretsManager", "region": harness.AWSRegion}},
	}))
	const atOnce = 32
	began := time.Now()
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i := range objects {
		entry := func(key string) any {
			return map[string]any{"secretKey": key, "remoteRef": map[string]any{"key": f.remote(i), "property": key}}
		}
		group.Go(func() error {
			return create(api.KindExternalSecret, api.ResourceExternalSecrets, name(i), map[string]any{
				"refreshInterval": interval, "secretStoreRef": map[string]any{"name": "store"},
				"data": []any{entry("username"), entry("password")},
			})
		})
	}
	require.NoError(t, group.Wait())
	t.Logf("%d ExternalSecrets are made in %.1f s", objects, time.Since(began).Seconds())
	return f
}

func name(i int) string { return fmt.Sprintf("es-%05d", i) }

// remote is the name of the remote secret that an ExternalSecret reads.
func (f *fleet) remote(i int) string { return fmt.Sprintf("scale/%04d", i%f.secrets) }

// value is a key of a remote secret, of the nth version.
func value(remote, key string, version int) string {
	return fmt.Sprintf("%s of %s, %d", key, remote, version)
}

// rotate gives all remote secrets their nth version.
func (f *fleet) rotate(t *testing.T, version int) {
	t.Helper()
	remote := map[string]string{}
	for i := range f.secrets {
		name := f.remote(i)
		remote[name] = fmt.Sprintf(`{"username": %q, "password": %q}`, value(name, "username", version), value(name, "password", version))
	}
	f.aws.Seed(t, remote)
}

// start starts the runner as a Pod of this name, with the rest of its environment and its flags.
func (f *fleet) start(t *testing.T, pod string, environment []string, args ...string) *harness.Process {
	t.Helper()
	environment = append(append(f.aws.Env(), "KUBECONFIG="+f.cluster.Kubeconfig(), "POD_NAME="+pod), environment...)
	args = append([]string{"--namespaces", f.namespace, "--report", "full", "--lease", f.namespace + "/runner"}, args...)
	return harness.Start(t, environment, harness.Build(t, "./cmd/externalsecret-runner"), args...)
}

// live are the Secrets of the fleet by name.
func (f *fleet) live(t *testing.T) map[string]corev1.Secret {
	t.Helper()
	list, err := f.core.CoreV1().Secrets(f.namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	all := map[string]corev1.Secret{}
	for _, s := range list.Items {
		all[s.Name] = s
	}
	return all
}

// right requires that the Secrets are exactly those of the fleet, each with the nth version of its remote secret.
func (f *fleet) right(t *testing.T, live map[string]corev1.Secret, version int) {
	t.Helper()
	require.Len(t, live, f.objects)
	for i := range f.objects {
		require.Equal(t, f.data(i, version), live[name(i)].Data, name(i))
	}
}

// data is what the Secret of an ExternalSecret holds at the nth version of its remote secret.
func (f *fleet) data(i, version int) map[string][]byte {
	data := map[string][]byte{}
	for _, key := range []string{"username", "password"} {
		data[key] = []byte(value(f.remote(i), key, version))
	}
	return data
}

// lease is one of the runners' leases.
func (f *fleet) lease(t *testing.T, name string) coordinationv1.LeaseSpec {
	t.Helper()
	l, err := f.core.CoordinationV1().Leases(f.namespace).Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	return l.Spec
}

// report is what the tests read of the line that the runner prints.
type report struct {
	Error    string         `json:"error"`
	Seconds  float64        `json:"seconds"`
	Total    int            `json:"total"`
	Outcomes map[string]int `json:"outcomes"`
	Requests map[string]int `json:"requests"`
	Notes    []string       `json:"notes"`
	Results  []struct {
		Name    string `json:"name"`
		Outcome string `json:"outcome"`
		Message string `json:"message"`
	} `json:"results"`
	Lease struct {
		Held bool `json:"held"`
	} `json:"lease"`
}

// end waits for the end of a run, which must have the given exit code, and reads its report.
func end(t *testing.T, p *harness.Process, code int) report {
	t.Helper()
	done := p.Wait(t)
	require.Equal(t, code, done.Code, "%.3000s\n%.3000s", done.Stdout, done.Stderr)
	var r report
	require.NoError(t, json.Unmarshal([]byte(done.Stdout), &r), "%.3000s", done.Stderr)
	return r
}

// until waits for something to come.
func until(t *testing.T, what string, come func() bool) {
	t.Helper()
	const limit, pause = 2 * time.Minute, 10 * time.Millisecond
	for deadline := time.Now().Add(limit); !come(); time.Sleep(pause) {
		require.True(t, time.Now().Before(deadline), "waited for nothing: %s", what)
	}
}
