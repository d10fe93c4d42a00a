package gcpsm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const (
	opMetadata = "GetMetadata"
	// metadataHost is where the metadata server is, if GCE_METADATA_HOST does not say.
	metadataHost = "169.254.169.254"
	// metadataWithin is how long it may take to answer: it is next to the machine, or not there.
	metadataWithin = 5 * time.Second
)

var errNoMetadata = errors.New("the metadata server has no such entry")

// machine is the metadata server of the machine that a process runs on, if it is one of Google's. What it is asked for leaves the machine
// for nobody, so that no report counts it.
type machine struct {
	http *http.Client
	host string
}

func newMachine(getenv func(string) string) *machine {
	return &machine{
		http: &http.Client{Timeout: metadataWithin, Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}},
		host: cmp.Or(getenv("GCE_METADATA_HOST"), metadataHost),
	}
}

// get asks for an entry.
func (m *machine) get(ctx context.Context, path string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.host+"/computeMetadata/v1/"+path, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Metadata-Flavor", "Google")
	request.Header.Set("User-Agent", userAgent)
	response, err := m.http.Do(request)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Metadata-Flavor") != "Google" {
		return "", errNoMetadata
	}
	return strings.TrimSpace(string(content)), nil
}

// attribute is one of the node's, for a field of the spec that is not given.
func (m *machine) attribute(ctx context.Context, name, missing string) (string, error) {
	value, err := m.get(ctx, "instance/attributes/"+name)
	if err != nil || !locationName.MatchString(value) && !clusterName.MatchString(value) {
		return "", m.unknown(missing, err)
	}
	return value, nil
}

// project is that of the machine, for a store that names none.
func (m *machine) project(ctx context.Context) (string, error) {
	value, err := m.get(ctx, "project/project-id")
	if err != nil || !projectName.MatchString(value) {
		return "", m.unknown(field+".projectID", err)
	}
	return value, nil
}

func (m *machine) unknown(missing string, cause error) error {
	return &provider.Error{Kind: provider.Invalid, Op: opMetadata, Message: missing + " is missing, and no metadata server tells it",
		Hint: "give it: whoever makes the pass does not run on a machine of Google's", Cause: cause}
}

// login is that of the machine's own service account.
func (m *machine) login(ctx context.Context) (token, error) {
	text, err := m.get(ctx, "instance/service-accounts/default/token?"+url.Values{"scopes": {scope}}.Encode())
	var got granted
	if err == nil && json.Unmarshal([]byte(text), &got) != nil {
		err = errNoMetadata
	}
	if err != nil {
		return token{}, &provider.Error{Kind: provider.Unauthenticated, Op: opMetadata,
			Message: "no credentials: neither a file of default credentials nor a metadata server was found", Cause: err,
			Hint: "give the store an auth, or run gcloud auth application-default login, or run on a machine of Google's that has a service account"}
	}
	t, err := got.token(opMetadata)
	if err != nil {
		return token{}, err
	}
	if email, err := m.get(ctx, "instance/service-accounts/default/email"); err == nil && email != "" {
		t.caller = "serviceAccount:" + email
	}
	return t, nil
}
