package kubernetes_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/kubernetes"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/providertest"
)

// bearer gives a token, whatever Secret is asked for.
type bearer struct {
	provider.Credentials
	token string
}

func (b bearer) Secret(context.Context, string, string, string) (secret.Value, error) {
	return secret.FromString(b.token), nil
}

// vault is a namespace of the test's cluster, whose Secrets the service account "reader" may list, and get by their names.
type vault struct {
	namespace string
	core      clientset.Interface
	door      *harness.Door
	token     string
	names     []string
}

func newVault(t *testing.T) *vault {
	t.Helper()
	cluster := harness.Cluster(t)
	v := &vault{namespace: cluster.Namespace(t)}
	var err error
	v.core, err = clientset.NewForConfig(cluster.Config())
	require.NoError(t, err)
	server, err := url.Parse(cluster.Info.Server)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(server)
	proxy.Transport, err = rest.TransportFor(&rest.Config{TLSClientConfig: rest.TLSClientConfig{CAData: cluster.Config().CAData}})
	require.NoError(t, err)
	v.door = harness.NewDoor(t, "/api/v1/namespaces/"+v.namespace+"/secrets", proxy)
	meta := metav1.ObjectMeta{Name: "reader"}
	_, err = v.core.RbacV1().RoleBindings(v.namespace).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "reader"},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "reader", Namespace: v.namespace}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = v.core.RbacV1().Roles(v.namespace).Create(t.Context(), &rbacv1.Role{ObjectMeta: meta}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = v.core.CoreV1().ServiceAccounts(v.namespace).Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: meta}, metav1.CreateOptions{})
	require.NoError(t, err)
	token, err := v.core.CoreV1().ServiceAccounts(v.namespace).CreateToken(t.Context(), "reader", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	require.NoError(t, err)
	v.token = token.Status.Token
	v.permit(t, "suite-none", true)
	return v
}

// permit lets a Secret be got by its name, or no longer, from when it returns.
func (v *vault) permit(t *testing.T, name string, permitted bool) {
	t.Helper()
	v.names = slices.DeleteFunc(v.names, func(n string) bool { return n == name })
	if permitted {
		v.names = append(v.names, name)
	}
	_, err := v.core.RbacV1().Roles(v.namespace).Update(t.Context(), &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "reader"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"list"}},
		{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get"}, ResourceNames: v.names},
	}}, metav1.UpdateOptions{})
	require.NoError(t, err)
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:               "system:serviceaccount:" + v.namespace + ":reader",
		ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "get", Resource: "secrets", Namespace: v.namespace, Name: name},
	}}
	require.Eventually(t, func() bool { // the server learns of roles by a watch
		answer, err := v.core.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), review, metav1.CreateOptions{})
		return err == nil && answer.Status.Allowed == permitted
	}, 10*time.Second, 5*time.Millisecond)
}

func (v *vault) put(t *testing.T, name string, data map[string][]byte, labels map[string]string) {
	t.Helper()
	object := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}, Data: data}
	secrets := v.core.CoreV1().Secrets(v.namespace)
	_, err := secrets.Create(t.Context(), object, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		_, err = secrets.Update(t.Context(), object, metav1.UpdateOptions{})
	}
	require.NoError(t, err)
	if !slices.Contains(v.names, name) {
		v.permit(t, name, true)
	}
}

func TestContract(t *testing.T) {
	v := newVault(t)
	ca, err := json.Marshal(v.door.CA)
	require.NoError(t, err)
	refuse := func(times int, after string) {
		v.door.ClearFaults()
		v.door.Fault(harness.Fault{Path: "/", Status: http.StatusTooManyRequests, Body: "{}", Header: map[string]string{"Retry-After": after}, Times: times})
	}
	p := kubernetes.Provider{}
	providertest.Run(t, providertest.Backend{
		Provider: p, StrangersProvider: p, Credentials: bearer{token: v.token}, Strangers: bearer{token: "nobody's"},
		Store: provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Name: "store", Consumer: "shop", Spec: json.RawMessage(
			`{"remoteNamespace":"` + v.namespace + `","server":{"url":"` + v.door.URL + `","caBundle":` + string(ca) + `},"auth":{"token":{"bearerToken":{"name":"t","key":"t"}}}}`)},
		Put: func(t *testing.T, name, value string, tags map[string]string) {
			t.Helper()
			var texts map[string]string
			require.NoError(t, json.Unmarshal([]byte(value), &texts))
			data := map[string][]byte{}
			for key, text := range texts {
				data[key] = []byte(text)
			}
			v.put(t, name, data, tags)
		},
		PutBytes: func(t *testing.T, name string, value []byte) {
			t.Helper()
			v.put(t, name, map[string][]byte{"value": value}, nil)
		},
		Deny: func(t *testing.T, name string) {
			t.Helper()
			v.permit(t, name, false)
		},
		Refuse:    func(_ *testing.T, times int) { refuse(times, "0") },
		RefuseFor: func(*testing.T) { refuse(1, "1") },
		Requests:  func(*testing.T) int { return len(v.door.Requests()) },
		Slow:      func(_ *testing.T, delay time.Duration) { v.door.Delay(delay) },
		Most:      func(*testing.T) int { return v.door.Most() },
		Batch:     1,
		Lacks:     providertest.Lacks{Both: true},
	})
}
