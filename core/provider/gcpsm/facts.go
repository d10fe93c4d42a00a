package gcpsm

import (
	"cmp"
	"context"
	"net/url"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

const opTokenInfo = "TokenInfo"

// placeOf tells where a store is.
func placeOf(spec *storeSpec) []trace.Fact {
	return []trace.Fact{
		{Name: "service", Value: "Google Secret Manager"},
		{Name: "project", Value: cmp.Or(spec.project, "that of the machine which reads")},
		{Name: "location", Value: cmp.Or(spec.Location, "global")},
	}
}

// loginOf tells as whom a store is read.
func loginOf(spec *storeSpec) []trace.Fact {
	const annotated = ", and the service account of Google that it is annotated with, if it is"
	as := "what this process finds: default credentials or the machine's service account; another process may find others"
	switch auth := spec.Auth; {
	case auth.SecretRef != nil:
		as = "a key in Secret " + auth.SecretRef.SecretAccessKey.Name
	case auth.WorkloadIdentity != nil:
		as = "service account " + auth.WorkloadIdentity.ServiceAccountRef.Name + " of the cluster" + annotated
	case auth.WorkloadIdentityFederation != nil:
		as = "service account " + auth.WorkloadIdentityFederation.ServiceAccountRef.Name + " by " + auth.WorkloadIdentityFederation.Audience + annotated
	}
	return []trace.Fact{{Name: "as", Value: as}}
}

// credentialsOf are what login may read for this store and consumer.
func credentialsOf(store provider.Store, spec *storeSpec) []provider.CredentialRef {
	if ref := spec.Auth.SecretRef; ref != nil {
		return []provider.CredentialRef{{
			Kind: provider.CredentialSecret, Namespace: store.AuthNamespace(ref.SecretAccessKey.Namespace), Name: ref.SecretAccessKey.Name,
		}}
	}
	account := spec.account()
	if account == nil {
		return nil
	}
	namespace := store.AuthNamespace(account.Namespace)
	return []provider.CredentialRef{
		{Kind: provider.CredentialServiceAccount, Namespace: namespace, Name: account.Name},
		{Kind: provider.CredentialToken, Namespace: namespace, Name: account.Name},
	}
}

// identify tells whose a token is. A login mostly knows; of the others Google is asked, which needs no permission.
func (c *client) identify(ctx context.Context, token token) ([]trace.Fact, error) {
	caller := token.caller
	if caller == "" {
		var got struct {
			Email string `json:"email"`
		}
		err := c.do(ctx, call{service: "OAuth", op: opTokenInfo, url: "https://oauth2.googleapis.com/tokeninfo", form: url.Values{"access_token": {token.access}}}, &got, nil)
		if err != nil {
			return nil, err
		}
		caller = cmp.Or(got.Email, "not told")
	}
	facts := []trace.Fact{{Name: "caller", Value: caller}}
	if token.quota != "" {
		facts = append(facts, trace.Fact{Name: "quota project", Value: token.quota})
	}
	return facts, nil
}
