package azurekv

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

const (
	// annotationClient and annotationTenant are set on a service account by Azure's workload identity.
	annotationClient = "azure.workload.identity/client-id"
	annotationTenant = "azure.workload.identity/tenant-id"
	// defaultAudience is whom a token of a service account is meant for where the store does not say.
	defaultAudience = "api://AzureADTokenExchange"
	// renewBefore is how long before a token ends another one is asked for.
	renewBefore = 2 * time.Minute
)

// login is one identity, and the token that it has got.
type login struct {
	acquire func(ctx context.Context) (secret.Value, time.Time, error)

	mu      sync.Mutex
	current secret.Value
	ends    time.Time
}

// token is the token: the one there is, unless it ends soon.
func (l *login) token(ctx context.Context) (secret.Value, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Until(l.ends) > renewBefore {
		return l.current, nil
	}
	token, ends, err := l.acquire(ctx)
	if err != nil {
		return secret.Value{}, err
	}
	l.current, l.ends = token, ends
	return token, nil
}

// loginFor settles how a store logs in, and reads the credentials for it. A machine's identity is asked past any proxy.
func (p Provider) loginFor(ctx context.Context, store provider.Store, spec *storeSpec, source provider.Credentials,
	options policy.ClientOptions, meter *provider.Meter) (*login, error) {
	if spec.AuthType == api.AzureManagedIdentity {
		options.Retry.ShouldRetry, options.Transport = isTransientNearby, p.newCarrierNearby()
		client := newTokenClient(options, meter)
		return &login{acquire: func(ctx context.Context) (secret.Value, time.Time, error) {
			return client.fromMachine(ctx, p.Getenv, spec.resource, text(spec.IdentityID))
		}}, nil
	}
	client := newTokenClient(options, meter)
	c := credentials{store: store, spec: spec, source: source, getenv: p.Getenv}
	who, err := c.application(ctx)
	if err != nil {
		return nil, err
	}
	proof, err := c.proof(ctx, who)
	if err != nil {
		return nil, err
	}
	return &login{acquire: func(ctx context.Context) (secret.Value, time.Time, error) {
		form, err := proof(ctx)
		if err != nil {
			return secret.Value{}, time.Time{}, err
		}
		return client.fromEntra(ctx, who, spec.resource, form)
	}}, nil
}

// application is an application or a managed identity, and where it gets tokens.
type application struct {
	client string
	// endpoint is the URL of the tenant's tokens.
	endpoint string
}

// credentials are where the parts of an identity are.
type credentials struct {
	store  provider.Store
	spec   *storeSpec
	source provider.Credentials
	getenv func(string) string
}

// application finds out the client and the tenant: what the store says counts, then the annotations of its service account, then the
// environment that Azure's workload identity gives to a Pod. Where store and annotation contradict each other neither counts.
func (c credentials) application(ctx context.Context) (application, error) {
	var client, tenant string
	var err error
	if auth := c.spec.AuthSecretRef; auth != nil {
		if client, err = c.part(ctx, "clientId", auth.ClientID); err != nil {
			return application{}, err
		}
		if tenant, err = c.part(ctx, "tenantId", auth.TenantID); err != nil {
			return application{}, err
		}
	}
	tenant = cmp.Or(tenant, text(c.spec.TenantID))
	where := field + ".authSecretRef"
	if c.spec.AuthType == api.AzureWorkloadIdentity {
		if account := c.spec.ServiceAccountRef; account != nil {
			namespace := c.store.AuthNamespace(account.Namespace)
			annotations, err := c.source.ServiceAccount(ctx, namespace, account.Name)
			if err != nil {
				return application{}, fmt.Errorf("read %s.serviceAccountRef: %w", field, err)
			}
			where = fmt.Sprintf("the annotations of service account %s/%s", namespace, account.Name)
			for name, value := range map[string]*string{annotationClient: &client, annotationTenant: &tenant} {
				if annotated := annotations[name]; annotated != "" && *value != "" && annotated != *value {
					return application{}, invalid("%s and annotation %s of service account %s/%s contradict each other: give one of them", field, name, namespace, account.Name)
				}
				*value = cmp.Or(*value, annotations[name])
			}
		} else {
			where = "AZURE_CLIENT_ID and AZURE_TENANT_ID in the environment of the process, where Azure's workload identity puts them"
			client = c.getenv("AZURE_CLIENT_ID")
		}
		tenant = cmp.Or(tenant, c.getenv("AZURE_TENANT_ID"))
	}
	switch {
	case client == "":
		return application{}, invalid("the client id of the identity is missing: neither %s.authSecretRef.clientId has it nor %s", field, where)
	case tenant == "":
		return application{}, invalid("the tenant id of the identity is missing: neither %s.tenantId has it nor %s", field, where)
	case !isTenant(tenant):
		return application{}, invalid("the tenant id of the identity is no tenant: it is an id or a domain")
	}
	return application{client: client, endpoint: c.spec.authority + "/" + url.PathEscape(tenant) + "/oauth2/v2.0/token"}, nil
}

// proof is how to prove to be an application: what to send besides its client id.
func (c credentials) proof(ctx context.Context, who application) (func(context.Context) (url.Values, error), error) {
	auth := c.spec.AuthSecretRef
	switch {
	case c.spec.AuthType == api.AzureWorkloadIdentity:
		return func(ctx context.Context) (url.Values, error) {
			token, err := c.federated(ctx)
			return asserted(token), err
		}, nil
	case auth.ClientCertificate != nil:
		content, err := c.read(ctx, "clientCertificate", *auth.ClientCertificate)
		if err != nil {
			return nil, err
		}
		certificate, err := certificateOf(content)
		if err != nil {
			return nil, err
		}
		return func(context.Context) (url.Values, error) {
			signed, err := certificate.assertion(who, time.Now())
			return asserted(signed), err
		}, nil
	default:
		key, err := c.part(ctx, "clientSecret", auth.ClientSecret)
		return func(context.Context) (url.Values, error) { return url.Values{"client_secret": {key}}, nil }, err
	}
}

// federated is the token by which a service account proves to be an application: minted for that, or what a Pod has got.
func (c credentials) federated(ctx context.Context) (string, error) {
	account := c.spec.ServiceAccountRef
	if account == nil {
		path := c.getenv("AZURE_FEDERATED_TOKEN_FILE")
		if path == "" {
			return "", invalid("AZURE_FEDERATED_TOKEN_FILE is not in the environment of the process: set %s.serviceAccountRef, or label the Pod azure.workload.identity/use=true", field)
		}
		token, err := os.ReadFile(path) //nolint:gosec // whoever starts the process says where its token is
		if err != nil {
			return "", &provider.Error{Kind: provider.Unauthenticated, Op: opLogin, Message: "read AZURE_FEDERATED_TOKEN_FILE: " + err.Error(), Cause: err}
		}
		return strings.TrimSpace(string(token)), nil
	}
	audiences := []string{defaultAudience}
	if custom := c.spec.CustomCloudConfig; custom != nil && text(custom.Audience) != "" {
		audiences = []string{*custom.Audience}
	}
	token, _, err := c.source.Token(ctx, c.store.AuthNamespace(account.Namespace), account.Name, append(audiences, account.Audiences...))
	if err != nil {
		return "", fmt.Errorf("mint a token for %s.serviceAccountRef: %w", field, err)
	}
	return string(token.Reveal()), nil
}

// part is a text of authSecretRef, without the white space that files end with; empty where there is no ref.
func (c credentials) part(ctx context.Context, name string, ref *api.SecretKeySelector) (string, error) {
	if ref == nil {
		return "", nil
	}
	value, err := c.read(ctx, name, *ref)
	if err != nil {
		return "", err
	}
	trimmed := strings.TrimSpace(string(value))
	if trimmed == "" {
		return "", invalid("%s.authSecretRef.%s is empty: key %q of Secret %q", field, name, ref.Key, ref.Name)
	}
	return trimmed, nil
}

func (c credentials) read(ctx context.Context, name string, ref api.SecretKeySelector) ([]byte, error) {
	if ref.Name == "" || ref.Key == "" {
		return nil, invalid("%s.authSecretRef.%s must name a Secret and a key", field, name)
	}
	value, err := c.source.Secret(ctx, c.store.AuthNamespace(ref.Namespace), ref.Name, ref.Key)
	if err != nil {
		return nil, fmt.Errorf("read %s.authSecretRef.%s: %w", field, name, err)
	}
	return value.Reveal(), nil
}
