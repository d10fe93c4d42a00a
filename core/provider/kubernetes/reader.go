package kubernetes

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const (
	// answerWithin is how long one request may take: without a limit a server that accepts and stays silent would hold up the pass
	// for ever.
	answerWithin = 30 * time.Second
	// unlimited lifts client-go's own limit of rate: the pipeline bounds and paces the requests.
	unlimited = -1
	userAgent = "kubectl-externalsecret"
	protobuf  = "application/vnd.kubernetes.protobuf"
)

// reader reads one namespace as one identity.
type reader struct {
	client    rest.Interface
	namespace string
	meter     *provider.Meter

	mu sync.Mutex
	// found are the Secrets that searches brought and nobody has read yet.
	found map[string]remote
}

func (p Provider) newReader(config *rest.Config, namespace string) (*reader, error) {
	meter := &provider.Meter{}
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("register API types: %w", err)
	}
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	config.APIPath, config.GroupVersion = "/api", &corev1.SchemeGroupVersion
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.ContentType, config.AcceptContentTypes = protobuf, protobuf+",application/json"
	config.UserAgent, config.WarningHandler = userAgent, rest.NoWarnings{}
	config.Timeout, config.QPS = cmp.Or(p.Timeout, answerWithin), unlimited
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return &metered{meter: meter, next: next} })
	if config.CertData != nil || config.KeyData != nil {
		if _, err := provider.KeyPair(config.CertData, config.KeyData); err != nil {
			return nil, invalid("the client certificate of the store can't be shown to a server: %v", err)
		}
	}
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, invalid("the certificates of the store can't be used: %v", err)
	}
	// An API server does not send elsewhere, and the credential is for the store's server alone.
	httpClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client, err := rest.RESTClientForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	return &reader{client: client, namespace: namespace, meter: meter, found: map[string]remote{}}, nil
}

// Plan implements provider.Reader. The data and the metadata of a Secret are one request. What searches have brought takes
// none, and so goes together.
func (r *reader) Plan(refs []provider.Ref) [][]provider.Ref {
	r.mu.Lock()
	defer r.mu.Unlock()
	var groups [][]provider.Ref
	const brought = "" // is no name of a Secret
	groupOf := map[string]int{}
	for _, ref := range refs {
		name := ref.Key
		if _, ok := r.found[name]; ok {
			name = brought
		}
		i, ok := groupOf[name]
		if !ok {
			i = len(groups)
			groupOf[name] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], ref)
	}
	return groups
}

// Read implements provider.Reader.
func (r *reader) Read(ctx context.Context, group []provider.Ref) []provider.Answer {
	answers := make([]provider.Answer, len(group))
	type result struct {
		remote remote
		err    error
	}
	results := map[string]result{}
	for i, ref := range group {
		got, ok := results[ref.Key]
		if !ok {
			got.remote, got.err = r.secret(ctx, ref.Key)
			results[ref.Key] = got
		}
		if got.err != nil {
			answers[i].Err = got.err
			continue
		}
		answers[i] = got.remote.answer(ref.Metadata)
	}
	return answers
}

// Stats implements provider.Reader.
func (r *reader) Stats() provider.Stats { return r.meter.Stats() }

// secret takes a Secret that a search has brought, or asks for it.
func (r *reader) secret(ctx context.Context, name string) (remote, error) {
	r.mu.Lock()
	known, ok := r.found[name]
	delete(r.found, name)
	r.mu.Unlock()
	if ok {
		return known, nil
	}
	if name == "" { // the API server would take that for a list of all
		return remote{}, invalid("remoteRef.key is empty: it must be the name of a Secret")
	}
	if problems := content.IsPathSegmentName(name); len(problems) > 0 {
		return remote{}, invalid("remoteRef.key %q is not the name of a Secret: it %s", name, strings.Join(problems, " and "))
	}
	object, err := r.client.Get().Namespace(r.namespace).Resource("secrets").Name(name).Do(r.meter.Call(ctx)).Get()
	if err != nil {
		return remote{}, r.classify(opGet, err)
	}
	s, ok := object.(*corev1.Secret)
	if !ok {
		return remote{}, unreadable(opGet)
	}
	return newRemote(s), nil
}
