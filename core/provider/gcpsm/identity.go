package gcpsm

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// asAccount logs in as a service account of a cluster of GKE, whose tokens Google takes, and then as the service account of Google that it
// is annotated with, if it is.
func (c *client) asAccount(store provider.Store, spec *storeSpec, source provider.Credentials) login {
	wi := spec.Auth.WorkloadIdentity
	return func(ctx context.Context) (token, error) {
		project, err := cmp.Or(wi.ClusterProjectID, spec.ProjectID), error(nil)
		if project == "" {
			if project, err = c.machine.project(ctx); err != nil {
				return token{}, err
			}
		}
		location, cluster := wi.ClusterLocation, wi.ClusterName
		if location == "" {
			if location, err = c.machine.attribute(ctx, "cluster-location", field+".auth.workloadIdentity.clusterLocation"); err != nil {
				return token{}, err
			}
		}
		if cluster == "" {
			if cluster, err = c.machine.attribute(ctx, "cluster-name", field+".auth.workloadIdentity.clusterName"); err != nil {
				return token{}, err
			}
		}
		pool := project + poolDomain
		namespace := store.AuthNamespace(wi.ServiceAccountRef.Namespace)
		return c.exchange(ctx, exchange{
			at: field + ".auth.workloadIdentity.serviceAccountRef", source: source, ref: &wi.ServiceAccountRef, namespace: namespace,
			audience: fmt.Sprintf("identitynamespace:%s:https://container.googleapis.com/v1/projects/%s/locations/%s/clusters/%s", pool, project, location, cluster),
			tokenFor: append([]string{pool}, wi.ServiceAccountRef.Audiences...), caller: clusterMember(project, namespace+"/"+wi.ServiceAccountRef.Name),
		})
	}
}

// federated logs in as a service account of a cluster that a workload identity pool trusts.
func (c *client) federated(store provider.Store, spec *storeSpec, source provider.Credentials) login {
	f := spec.Auth.WorkloadIdentityFederation
	namespace := store.AuthNamespace(f.ServiceAccountRef.Namespace)
	audiences := f.ServiceAccountRef.Audiences
	if len(audiences) == 0 { // what a pool expects that is not told otherwise; without any it would be a token for the API server
		audiences = []string{f.Audience}
	}
	return func(ctx context.Context) (token, error) {
		return c.exchange(ctx, exchange{
			at: field + ".auth.workloadIdentityFederation.serviceAccountRef", source: source, ref: f.ServiceAccountRef, namespace: namespace,
			audience: f.Audience, tokenFor: audiences, caller: federatedMember(f.Audience, namespace+"/"+f.ServiceAccountRef.Name),
		})
	}
}

// poolDomain ends the name of the workload identity pool that each project has for its clusters.
const poolDomain = ".svc.id.goog"

// clusterMember is how IAM names the service account NAMESPACE/NAME of the clusters of a project.
func clusterMember(project, name string) string {
	return fmt.Sprintf("serviceAccount:%s%s[%s]", project, poolDomain, name)
}

// federatedMember is how IAM names the service account NAMESPACE/NAME by a provider of a pool, if that takes the subject of tokens as it
// is.
func federatedMember(audience, name string) string {
	pool, _, _ := strings.Cut(audience, "/providers/")
	return "principal:" + pool + "/subject/system:serviceaccount:" + strings.Replace(name, "/", ":", 1)
}

// exchange is a token of a service account to trade for one of Google's.
type exchange struct {
	at        string // where in the store's spec the service account is named
	source    provider.Credentials
	ref       *api.ServiceAccountSelector
	namespace string
	audience  string   // by which Google knows who gave out the token
	tokenFor  []string // for whom it is
	caller    string   // as whom IAM knows it
}

func (c *client) exchange(ctx context.Context, e exchange) (token, error) {
	annotations, err := e.source.ServiceAccount(ctx, e.namespace, e.ref.Name)
	if err != nil {
		return token{}, fmt.Errorf("read %s: %w", e.at, err)
	}
	email := annotations[annotationAccount]
	if email != "" && !accountEmail.MatchString(email) {
		return token{}, invalid("the annotation %s of service account %s/%s, %q, is no email of a service account", annotationAccount, e.namespace, e.ref.Name, email)
	}
	minted, _, err := e.source.Token(ctx, e.namespace, e.ref.Name, e.tokenFor)
	if err != nil {
		return token{}, fmt.Errorf("mint a token for %s: %w", e.at, err)
	}
	got, err := c.grant(ctx, call{service: "STS", op: opExchange, subject: e.audience, url: exchangeURL, form: url.Values{
		"grant_type":           {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"audience":             {e.audience},
		"scope":                {scope},
		"requested_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
		"subject_token_type":   {"urn:ietf:params:oauth:token-type:jwt"},
		"subject_token":        {string(minted.Reveal())},
	}})
	if err != nil {
		return token{}, err
	}
	if email != "" {
		return c.impersonate(ctx, got, email)
	}
	got.caller = e.caller
	return got, nil
}
