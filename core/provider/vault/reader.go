package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// What the requests are called in reports and errors.
const (
	opLogin    = "Login"
	opRead     = "ReadSecret"
	opMetadata = "ReadMetadata"
	opList     = "ListKeys"
	opLookUp   = "LookUpSelf"
	opRevoke   = "RevokeSelf"
)

// reader reads one mount as one caller.
type reader struct {
	*client
	mount mount
	// owned is set where a login has brought the token, which Close gives back.
	owned bool
	// pace is that of searches: that of reads is the pipeline's.
	pace *rate.Limiter

	mu sync.Mutex
	// brought is what searches have read and nobody has taken yet.
	brought map[provider.Ref]provider.Answer
}

// Plan implements provider.Reader. Vault gives one secret at a time; what searches have brought takes no request.
func (r *reader) Plan(refs []provider.Ref) [][]provider.Ref {
	r.mu.Lock()
	defer r.mu.Unlock()
	var groups [][]provider.Ref
	var brought []provider.Ref
	for _, ref := range refs {
		if _, ok := r.brought[ref]; ok {
			brought = append(brought, ref)
		} else {
			groups = append(groups, []provider.Ref{ref})
		}
	}
	if brought != nil {
		groups = append(groups, brought)
	}
	return groups
}

// Read implements provider.Reader.
func (r *reader) Read(ctx context.Context, group []provider.Ref) []provider.Answer {
	answers := make([]provider.Answer, len(group))
	for i, ref := range group {
		r.mu.Lock()
		answer, ok := r.brought[ref]
		delete(r.brought, ref)
		r.mu.Unlock()
		if !ok {
			answer = r.readOne(ctx, ref)
		}
		answers[i] = answer
	}
	return answers
}

// Stats implements provider.Reader.
func (r *reader) Stats() provider.Stats { return r.meter.Stats() }

// Close implements provider.Closer.
func (r *reader) Close(ctx context.Context) error {
	defer r.http.CloseIdleConnections()
	if !r.owned {
		return nil
	}
	if _, err := r.do(ctx, call{op: opRevoke, method: http.MethodPost, path: "auth/token/revoke-self"}); err != nil {
		return fmt.Errorf("give back the token of the login, which ends by itself later: %w", err)
	}
	return nil
}

// Identity implements provider.Identifier. The policy "default", which most tokens have, permits the request.
func (r *reader) Identity(ctx context.Context) ([]trace.Fact, error) {
	got, err := r.do(ctx, call{op: opLookUp, method: http.MethodGet, path: "auth/token/lookup-self"})
	if err != nil {
		return nil, err
	}
	var token struct {
		DisplayName string   `json:"display_name"`
		Policies    []string `json:"policies"`
		Identity    []string `json:"identity_policies"`
		TTL         int64    `json:"ttl"` // seconds; zero means that it does not end
	}
	if json.Unmarshal(got.Data, &token) != nil {
		return nil, unreadable(opLookUp)
	}
	ends := "never"
	if token.TTL > 0 {
		ends = "in " + (time.Duration(token.TTL) * time.Second).String()
	}
	return []trace.Fact{
		{Name: "caller", Value: token.DisplayName},
		{Name: "policies", Value: strings.Join(append(token.Policies, token.Identity...), ", ")},
		{Name: "token ends", Value: ends},
	}, nil
}

func (r *reader) readOne(ctx context.Context, ref provider.Ref) provider.Answer {
	switch {
	case !isPath(ref.Key):
		return provider.Answer{Err: invalid("remoteRef.key %q is no path of a secret", ref.Key)}
	case r.mount.path == nil && !strings.Contains(ref.Key, "/"):
		return provider.Answer{Err: invalid("remoteRef.key %q must begin with the mount, as in secret/%s, or the store's path must name it", ref.Key, ref.Key)}
	case ref.Version != "" && !isVersion(ref.Version):
		return provider.Answer{Err: invalid("remoteRef.version %q is no version of a secret: these are whole numbers", ref.Version)}
	case ref.Metadata && r.mount.version == api.VaultKVStoreV1:
		return provider.Answer{Err: &provider.Error{Kind: provider.Unsupported, Message: "metadataPolicy Fetch needs version 2 of the key-value engine: version 1 keeps no metadata"}}
	case ref.Metadata:
		return r.readMetadata(ctx, ref.Key)
	}
	request := call{op: opRead, method: http.MethodGet, path: r.mount.data(ref.Key)}
	if ref.Version != "" {
		request.query = url.Values{"version": {ref.Version}}
	}
	got, err := r.do(ctx, request)
	if r.mount.version == api.VaultKVStoreV1 {
		if err != nil {
			return provider.Answer{Err: err}
		}
		value, err := jsonOf(got.Data)
		return provider.Answer{Value: value, Err: err}
	}
	if err != nil && (got.status != http.StatusNotFound || len(got.Data) == 0) {
		return provider.Answer{Err: err}
	}
	return versionOf(request.path, got.Data) // a version that was deleted is not found, and has metadata nevertheless
}

// versionOf is one version of a secret of version 2 of the engine.
func versionOf(path string, content json.RawMessage) provider.Answer {
	var version struct {
		Data     json.RawMessage `json:"data"`
		Metadata struct {
			Version   int64     `json:"version"`
			Created   time.Time `json:"created_time"`
			Deleted   string    `json:"deletion_time"`
			Destroyed bool      `json:"destroyed"`
		} `json:"metadata"`
	}
	if json.Unmarshal(content, &version) != nil || version.Data == nil {
		return provider.Answer{Err: unreadable(opRead)}
	}
	if about := version.Metadata; bytes.Equal(version.Data, []byte("null")) {
		how := "was deleted at " + about.Deleted
		if about.Destroyed {
			how = "was destroyed"
		}
		return provider.Answer{Err: &provider.Error{
			Kind: provider.NotFound, Op: opRead, Message: fmt.Sprintf("Vault has %s, and version %d of it %s", path, about.Version, how),
			Hint: "undelete that version, write a new one, or name an older one in remoteRef.version",
		}}
	}
	value, err := jsonOf(version.Data)
	return provider.Answer{Value: value, Version: strconv.FormatInt(version.Metadata.Version, 10), Changed: version.Metadata.Created, Err: err}
}

// noted is what is noted about a secret.
func (r *reader) noted(ctx context.Context, name string) (map[string]string, error) {
	got, err := r.do(ctx, call{op: opMetadata, method: http.MethodGet, path: r.mount.metadata(name)})
	if err != nil {
		return nil, err
	}
	var metadata struct {
		Custom  map[string]string `json:"custom_metadata"`
		Created string            `json:"created_time"`
		Current json.Number       `json:"current_version"`
		Delete  string            `json:"delete_version_after"`
	}
	if json.Unmarshal(got.Data, &metadata) != nil {
		return nil, unreadable(opMetadata)
	}
	all := map[string]string{"created_time": metadata.Created, "current_version": metadata.Current.String(), "delete_version_after": metadata.Delete}
	for key, value := range metadata.Custom {
		all[key] = value // as in ESO, a name of one's own wins
	}
	return all, nil
}

func (r *reader) readMetadata(ctx context.Context, name string) provider.Answer {
	all, err := r.noted(ctx, name)
	if err != nil {
		return provider.Answer{Err: err}
	}
	content, err := json.Marshal(all)
	if err != nil {
		return provider.Answer{Err: fmt.Errorf("encode the metadata: %w", err)}
	}
	return provider.Answer{Value: secret.New(content)}
}

// jsonOf is an object as ESO writes it: its keys in order, its numbers as they came.
func jsonOf(content json.RawMessage) (secret.Value, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var object map[string]any
	if decoder.Decode(&object) != nil || object == nil { // what it says quotes the content
		return secret.Value{}, unreadable(opRead)
	}
	ordered, err := json.Marshal(object)
	if err != nil {
		return secret.Value{}, unreadable(opRead)
	}
	return secret.New(ordered), nil
}
