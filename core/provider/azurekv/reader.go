package azurekv

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// reader reads one key vault as one caller. It holds what it does with the SDK's clients and not these themselves: whatever reflection
// could reach is linked into the programs, and a client with all that it can do is ten times what reading takes.
type reader struct {
	// reads are the requests for an object, by the name of the operation.
	reads map[string]func(ctx context.Context, name, version string) (object, error)
	// list gives a page of the secrets with each call.
	list    func() func(ctx context.Context) (secrets []*azsecrets.SecretProperties, more bool, err error)
	carrier carrier
	login   *login
	meter   *provider.Meter
	// modern is what the store says in useAzureSDK.
	modern bool
}

// newReader makes the clients. They get no credential, which turns off what the SDK does when a key vault challenges: it would log in to
// whichever tenant that names.
func newReader(spec *storeSpec, retries policy.RetryOptions, carrier carrier, login *login, meter *provider.Meter) (provider.Reader, error) {
	options := clientOptions(retries, carrier, authorizing{login: login, host: spec.vault.Host}, counting{meter})
	vault := spec.vault.String()
	secrets, err := azsecrets.NewClient(vault, nil, &azsecrets.ClientOptions{ClientOptions: options})
	if err != nil {
		return nil, noClient(err)
	}
	keys, err := azkeys.NewClient(vault, nil, &azkeys.ClientOptions{ClientOptions: options})
	if err != nil {
		return nil, noClient(err)
	}
	certificates, err := azcertificates.NewClient(vault, nil, &azcertificates.ClientOptions{ClientOptions: options})
	if err != nil {
		return nil, noClient(err)
	}
	return &reader{
		reads: map[string]func(ctx context.Context, name, version string) (object, error){
			opGetSecret: readSecret(secrets), opGetKey: readKey(keys, spec.UseAzureSDK), opGetCertificate: readCertificate(certificates),
		},
		list: listSecrets(secrets), carrier: carrier, login: login, meter: meter, modern: spec.UseAzureSDK,
	}, nil
}

func noClient(err error) error {
	return invalid("no client can be made for %s.vaultUrl: %v", field, err)
}

// Plan implements provider.Reader. A key vault gives one object at a time, its metadata along with it.
func (r *reader) Plan(refs []provider.Ref) [][]provider.Ref {
	var groups [][]provider.Ref
	at := map[provider.Ref]int{}
	for _, ref := range refs {
		object := provider.Ref{Key: ref.Key, Version: ref.Version}
		i, ok := at[object]
		if !ok {
			i = len(groups)
			at[object] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], ref)
	}
	return groups
}

// Read implements provider.Reader.
func (r *reader) Read(ctx context.Context, group []provider.Ref) []provider.Answer {
	answers := make([]provider.Answer, len(group))
	got, err := r.read(ctx, group[0])
	for i, ref := range group {
		switch {
		case err != nil:
			answers[i].Err = err
		case ref.Metadata:
			answers[i] = got.metadata(r.modern)
		default:
			answers[i] = provider.Answer{Value: got.value, Version: got.version, Changed: timeOf(got.created)}
		}
	}
	return answers
}

// Stats implements provider.Reader.
func (r *reader) Stats() provider.Stats { return r.meter.Stats() }

// Close implements provider.Closer. A token can't be given back: it ends by itself.
func (r *reader) Close(context.Context) error {
	r.carrier.CloseIdleConnections()
	return nil
}

// Identity implements provider.Identifier: it tells what is in the token, which the key vault believes. It makes no request.
func (r *reader) Identity(ctx context.Context) ([]trace.Fact, error) {
	token, err := r.login.token(ctx)
	if err != nil {
		return nil, err
	}
	var claims struct {
		Application string `json:"appid"`
		Party       string `json:"azp"` // in its place in newer tokens
		Object      string `json:"oid"`
		Tenant      string `json:"tid"`
		Resource    string `json:"xms_mirid"` // of a managed identity
	}
	parts := strings.Split(string(token.Reveal()), ".")
	if len(parts) == 3 {
		if content, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			_ = json.Unmarshal(content, &claims) // a token need not be one that others can read
		}
	}
	var facts []trace.Fact
	for _, fact := range []trace.Fact{
		{Name: "application", Value: claims.Application}, {Name: "application", Value: claims.Party}, {Name: "object", Value: claims.Object},
		{Name: "tenant of the token", Value: claims.Tenant}, {Name: "managed identity", Value: claims.Resource},
	} {
		if fact.Value != "" {
			facts = append(facts, fact)
		}
	}
	if facts == nil {
		facts = []trace.Fact{{Name: "caller", Value: "known to Azure alone: the token does not tell"}}
	}
	return facts, nil
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// object is what a key vault holds under a name and a version.
type object struct {
	value                               secret.Value
	version                             string
	tags                                map[string]*string
	expires, created, updated, notUntil *time.Time
}

// read makes the request for an object.
func (r *reader) read(ctx context.Context, ref provider.Ref) (object, error) {
	op, name, err := kindOfName(ref.Key)
	if err != nil {
		return object{}, err
	}
	if ref.Version != "" && !isVersion(ref.Version) {
		return object{}, invalid("remoteRef.version %q is no version of an object of a key vault: these are 32 hexadecimal digits", ref.Version)
	}
	return r.reads[op](called(ctx, r.meter, "KeyVault."+op), name, ref.Version)
}
