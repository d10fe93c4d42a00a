package gcpsm

import (
	"cmp"
	"context"
	"encoding/json"
	"hash/crc32"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/time/rate"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// What the requests are called in reports and errors.
const (
	service    = "SecretManager"
	opAccess   = "AccessSecretVersion"
	opGet      = "GetSecret"
	opList     = "ListSecrets"
	opVersions = "ListSecretVersions"
)

// reader reads one project and location as one caller.
type reader struct {
	*client
	spec    *storeSpec
	session *session
	// pace is that of searches: that of reads is the pipeline's.
	pace *rate.Limiter
}

// Plan implements provider.Reader: Google gives one secret at a time.
func (r *reader) Plan(refs []provider.Ref) [][]provider.Ref {
	groups := make([][]provider.Ref, len(refs))
	for i, ref := range refs {
		groups[i] = []provider.Ref{ref}
	}
	return groups
}

// Read implements provider.Reader.
func (r *reader) Read(ctx context.Context, group []provider.Ref) []provider.Answer {
	answers := make([]provider.Answer, len(group))
	for i, ref := range group {
		answers[i] = r.readOne(ctx, ref)
	}
	return answers
}

// Stats implements provider.Reader.
func (r *reader) Stats() provider.Stats { return r.meter.Stats() }

// Close implements provider.Closer. There is nothing to give back: a token ends by itself, within the hour.
func (r *reader) Close(context.Context) error {
	r.http.CloseIdleConnections()
	return nil
}

// Identity implements provider.Identifier.
func (r *reader) Identity(ctx context.Context) ([]trace.Fact, error) {
	token, err := r.session.token(ctx)
	if err != nil {
		return nil, err
	}
	return r.identify(ctx, token)
}

func (r *reader) readOne(ctx context.Context, ref provider.Ref) provider.Answer {
	name, _, err := r.spec.name(ref.Key)
	switch {
	case err != nil:
		return provider.Answer{Err: err}
	case name != ref.Key:
		return provider.Answer{Err: invalid("remoteRef.key %q names a version, and remoteRef.version is %q: which of them?", ref.Key, ref.Version)}
	case ref.Version != "" && !versionName.MatchString(ref.Version):
		return provider.Answer{Err: invalid("remoteRef.version %q is no version of a secret: these are numbers, aliases and latest", ref.Version)}
	case ref.Metadata:
		return r.readMetadata(ctx, name)
	}
	answer := r.access(ctx, name, cmp.Or(ref.Version, latest))
	if ref.Version == "" && r.spec.SecretVersionSelectionPolicy == api.SecretVersionLatestOrFetch && isUnusable(answer.Err) {
		switch version, err := r.newestEnabled(ctx, name); {
		case err != nil:
			return provider.Answer{Err: err}
		case version != "":
			return r.access(ctx, name, version)
		}
	}
	return answer
}

// ask makes a call to Secret Manager: a GET of a resource.
func (r *reader) ask(ctx context.Context, op, resource string, query url.Values, out any, check func() error) error {
	token, err := r.session.token(ctx)
	if err != nil {
		return err
	}
	target := url.URL{Scheme: "https", Host: r.spec.host(), Path: "/v1/" + resource, RawQuery: query.Encode()}
	subject := resource
	for _, end := range []string{":access", "/secrets", "/versions"} {
		subject = strings.TrimSuffix(subject, end)
	}
	return r.do(ctx, call{service: service, op: op, subject: subject, url: target.String(), token: token.access, quota: token.quota}, out, check)
}

// access reads the value of a version.
func (r *reader) access(ctx context.Context, name, version string) provider.Answer {
	var got struct {
		Name    string `json:"name"`
		Payload *struct {
			Data   []byte `json:"data"`
			CRC32C *int64 `json:"dataCrc32c,string"`
		} `json:"payload"`
	}
	resource := r.spec.path(name) + "/versions/" + version
	err := r.ask(ctx, opAccess, resource+":access", nil, &got, func() error {
		switch {
		case got.Payload == nil:
			return unreadable(opAccess)
		case got.Payload.CRC32C != nil && int64(crc32.Checksum(got.Payload.Data, crc32.MakeTable(crc32.Castagnoli))) != *got.Payload.CRC32C:
			got.Payload = nil // the next answer is decoded into what is left
			return &provider.Error{Kind: provider.Unavailable, Op: opAccess, Message: "the value of " + resource + " was damaged on its way: its checksum is another"}
		}
		return nil
	})
	if err != nil {
		return provider.Answer{Err: err}
	}
	return provider.Answer{Value: secret.New(got.Payload.Data), Version: lastPart(got.Name)}
}

// readMetadata is the answer to a Ref.Metadata: the annotations and labels of a secret, each as a JSON object.
func (r *reader) readMetadata(ctx context.Context, name string) provider.Answer {
	var got struct {
		Annotations map[string]string `json:"annotations"`
		Labels      map[string]string `json:"labels"`
	}
	if err := r.ask(ctx, opGet, r.spec.path(name), nil, &got, nil); err != nil {
		return provider.Answer{Err: err}
	}
	annotations, _ := json.Marshal(got.Annotations) // maps of texts always marshal
	labels, _ := json.Marshal(got.Labels)
	whole, _ := json.Marshal(map[string]json.RawMessage{"annotations": annotations, "labels": labels})
	return provider.Answer{
		Value: secret.New(whole), Parts: map[string]secret.Value{"annotations": secret.New(annotations), "labels": secret.New(labels)},
	}
}

// newestEnabled is the newest version of a secret that is enabled; empty where there is none.
func (r *reader) newestEnabled(ctx context.Context, name string) (string, error) {
	newest := uint64(0)
	query := url.Values{"filter": {"state:ENABLED"}}
	for {
		var got struct {
			Versions []struct {
				Name  string `json:"name"`
				State string `json:"state"`
			} `json:"versions"`
			Next string `json:"nextPageToken"`
		}
		if err := r.ask(ctx, opVersions, r.spec.path(name)+"/versions", query, &got, nil); err != nil {
			return "", err
		}
		for _, version := range got.Versions {
			if number, err := strconv.ParseUint(lastPart(version.Name), 10, 64); err == nil && version.State == "ENABLED" {
				newest = max(newest, number)
			}
		}
		if more, err := turn(opVersions, query, got.Next); err != nil {
			return "", err
		} else if !more {
			break
		}
	}
	if newest == 0 {
		return "", nil
	}
	return strconv.FormatUint(newest, 10), nil
}

func lastPart(name string) string { return name[strings.LastIndex(name, "/")+1:] }
