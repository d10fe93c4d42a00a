package webhook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/PaesslerAG/jsonpath"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

const (
	// answerWithin is how long one request may take where the store does not say.
	answerWithin = 30 * time.Second
	// remoteRef is what templates call the secret that is asked for.
	remoteRef = "remoteRef"
)

// token is what RFC 9110 lets methods and headers be called.
var token = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// source is a template and where it is in the spec.
type source struct {
	path, text string
	// rendered is what the template makes for one secret.
	rendered string
}

func (s source) isTemplate() bool { return strings.Contains(s.text, "{{") }

// templatesOf are all templates of a spec.
func templatesOf(spec *api.WebhookProvider) []source {
	templates := []source{urlOf(spec), bodyOf(spec), pathOf(spec)}
	for _, name := range slices.Sorted(maps.Keys(spec.Headers)) {
		templates = append(templates, headerOf(spec, name))
	}
	return templates
}

func urlOf(spec *api.WebhookProvider) source  { return source{path: field + ".url", text: spec.URL} }
func bodyOf(spec *api.WebhookProvider) source { return source{path: field + ".body", text: spec.Body} }
func pathOf(spec *api.WebhookProvider) source {
	return source{path: field + ".result.jsonPath", text: spec.Result.JSONPath}
}
func headerOf(spec *api.WebhookProvider, name string) source {
	return source{path: fmt.Sprintf("%s.headers[%s]", field, name), text: spec.Headers[name]}
}

// decode reads the spec and checks it, but for its templates: it is called for each ExternalSecret.
func decode(store provider.Store) (*api.WebhookProvider, error) {
	var spec api.WebhookProvider
	if err := json.Unmarshal(store.Spec, &spec); err != nil {
		return nil, invalid("%s can't be read: %v", field, err)
	}
	spec.Method = cmp.Or(spec.Method, http.MethodGet)
	switch {
	case spec.URL == "":
		return nil, invalid("%s.url is missing", field)
	case spec.Auth != nil:
		return nil, &provider.Error{Kind: provider.Unsupported, Message: field + ".auth (NTLM) is not supported: put what the server asks for into headers"}
	case !token.MatchString(spec.Method):
		return nil, invalid("%s.method %q is no HTTP method", field, spec.Method)
	case spec.Timeout != nil && spec.Timeout.Duration < 0:
		return nil, invalid("%s.timeout is negative", field)
	}
	if err := checkSecrets(store, &spec); err != nil {
		return nil, err
	}
	for name := range spec.Headers {
		if !token.MatchString(name) {
			return nil, invalid("%s.headers: %q is no name of a header", field, name)
		}
	}
	return &spec, nil
}

// checkTemplates finds out what can't be rendered for any secret.
func checkTemplates(spec *api.WebhookProvider) error {
	templates := engine.New()
	for _, t := range templatesOf(spec) {
		if !t.isTemplate() {
			continue
		}
		if _, err := templates.Parse(t.text, engine.Options{}); err != nil {
			return invalid("%s is not a template: %v", t.path, err)
		}
	}
	if path := pathOf(spec); path.text != "" && !path.isTemplate() {
		if _, err := jsonpath.New(path.text); err != nil {
			return notAPath(path)
		}
	}
	return nil
}

func notAPath(path source) error {
	return invalid(`%s %q is not a JSONPath such as $.data.value or $.data["a.key"]`, path.path, path.text)
}

func checkSecrets(store provider.Store, spec *api.WebhookProvider) error {
	for i, s := range spec.Secrets {
		at := fmt.Sprintf("%s.secrets[%d]", field, i)
		switch ref := s.SecretRef; {
		case s.Name == "" || s.Name == remoteRef:
			return invalid("%s.name must be what templates call the Secret, and %q can't be that", at, s.Name)
		case ref.Name == "":
			return invalid("%s.secretRef.name is missing", at)
		case store.Kind == api.KindClusterSecretStore && (ref.Namespace == nil || *ref.Namespace == ""):
			return invalid("%s.secretRef.namespace is missing: a ClusterSecretStore has no namespace of its own", at)
		}
	}
	return nil
}

func (p Provider) timeoutOf(spec *api.WebhookProvider) time.Duration {
	if spec.Timeout != nil && spec.Timeout.Duration > 0 {
		return spec.Timeout.Duration
	}
	return cmp.Or(p.Timeout, answerWithin)
}
