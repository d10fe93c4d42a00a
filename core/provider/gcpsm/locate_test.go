package gcpsm_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/gcpsm"
)

// offline reaches nothing.
var offline = gcpsm.Provider{Getenv: func(string) string { return "" }}

const asAccount = `"auth":{"workloadIdentity":{"serviceAccountRef":{"name":"app"},"clusterLocation":"europe-west3","clusterName":"main","clusterProjectID":"infra"}}`

func TestLocateOfGoogleFails(t *testing.T) {
	const federation = `"projectID":"shop","auth":{"workloadIdentityFederation":`
	for name, tc := range map[string]struct {
		spec string
		kind provider.Kind
		want string
	}{
		"no JSON":                          {`"projectID":`, provider.Invalid, "can't be read"},
		"a project that is none":           {`"projectID":"a/b"`, provider.Invalid, "spec.provider.gcpsm.projectID"},
		"a location that leads elsewhere":  {`"projectID":"shop","location":"evil.example/"`, provider.Invalid, "spec.provider.gcpsm.location"},
		"a policy that is none":            {`"projectID":"shop","secretVersionSelectionPolicy":"Any"`, provider.Invalid, "neither LatestOrFail nor LatestOrFetch"},
		"a key without a project":          {withKey, provider.Invalid, "projectID is missing"},
		"a key that is nowhere":            {`"projectID":"shop","auth":{"secretRef":{}}`, provider.Invalid, "must name a Secret and a key"},
		"two ways of logging in":           {`"projectID":"shop","auth":{"secretRef":{"secretAccessKeySecretRef":{"name":"a","key":"b"}},"workloadIdentity":{"serviceAccountRef":{"name":"a"}}}`, provider.Invalid, "has 2"},
		"an account without a name":        {`"auth":{"workloadIdentity":{}}`, provider.Invalid, "serviceAccountRef.name"},
		"a cluster's project that is none": {`"auth":{"workloadIdentity":{"serviceAccountRef":{"name":"a"},"clusterProjectID":"a:b:c"}}`, provider.Invalid, "clusterProjectID"},
		"a cluster's place that is none":   {`"auth":{"workloadIdentity":{"serviceAccountRef":{"name":"a"},"clusterLocation":"a/b"}}`, provider.Invalid, "clusterLocation"},
		"a cluster's name that is none":    {`"auth":{"workloadIdentity":{"serviceAccountRef":{"name":"a"},"clusterName":"a/b"}}`, provider.Invalid, "clusterName"},
		"a configuration of external credentials": {federation + `{"credConfig":{"name":"a","key":"b"}}}`, provider.Unsupported,
			"credConfig is not supported: such a configuration names files, URLs or programs"},
		"access keys of AWS":              {federation + `{"awsSecurityCredentials":{"region":"a","awsCredentialsSecretRef":{"name":"b"}}}}`, provider.Unsupported, "awsSecurityCredentials is not supported"},
		"a federation without anybody":    {federation + `{"audience":"a"}}`, provider.Invalid, "serviceAccountRef.name is missing"},
		"a federation without a provider": {federation + `{"serviceAccountRef":{"name":"a"}}}`, provider.Invalid, "audience is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := offline.Locate(storeOf(tc.spec))
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, tc.kind, provider.KindOf(err))
			_, err = offline.Open(t.Context(), storeOf(tc.spec), nil)
			require.ErrorContains(t, err, tc.want)
		})
	}
	t.Run("of a project within a domain, which may be", func(t *testing.T) {
		_, err := offline.Locate(storeOf(`"projectID":"example.com:shop"`))
		require.NoError(t, err)
	})
	t.Run("a wait that is none", func(t *testing.T) {
		store := storeOf(`"projectID":"shop"`)
		store.Retry = &api.StoreRetrySettings{RetryInterval: pointer("soon")}
		_, err := offline.Locate(store)
		require.ErrorContains(t, err, "spec.retrySettings.retryInterval")
	})
}

func TestLocateTellsWhereAndAsWhom(t *testing.T) {
	for name, tc := range map[string]struct {
		spec, project, location, as string
		credentials                 []provider.CredentialRef
	}{
		"a key": {`"projectID":"shop",` + withKey, "shop", "global", "a key in Secret login",
			[]provider.CredentialRef{{Kind: provider.CredentialSecret, Namespace: "shop", Name: "login"}}},
		"an account of the cluster": {asAccount + `,"location":"europe-west3"`, "infra", "europe-west3", "service account app of the cluster",
			[]provider.CredentialRef{{Kind: provider.CredentialServiceAccount, Namespace: "shop", Name: "app"}, {Kind: provider.CredentialToken, Namespace: "shop", Name: "app"}}},
		"an account of any cluster": {`"projectID":"shop","auth":{"workloadIdentityFederation":{"serviceAccountRef":{"name":"app"},"audience":"//iam"}}`, "shop", "global", "by //iam",
			[]provider.CredentialRef{{Kind: provider.CredentialServiceAccount, Namespace: "shop", Name: "app"}, {Kind: provider.CredentialToken, Namespace: "shop", Name: "app"}}},
		"the process": {`"location":""`, "that of the machine which reads", "global", "what this process finds", nil},
	} {
		t.Run(name, func(t *testing.T) {
			location, err := offline.Locate(storeOf(tc.spec))
			require.NoError(t, err)
			assert.Equal(t, tc.project, location.Place[1].Value)
			assert.Equal(t, tc.location, location.Place[2].Value)
			assert.Contains(t, location.Login[0].Value, tc.as)
			assert.Equal(t, tc.credentials, location.Credentials)
		})
	}
}

func TestIdentity(t *testing.T) {
	in := func(namespace string) func(*provider.Store) {
		return func(s *provider.Store) { s.Namespace, s.Consumer, s.Name = namespace, namespace, namespace }
	}
	cluster := func(consumer string) func(*provider.Store) {
		return func(s *provider.Store) { s.Kind, s.Namespace, s.Consumer = api.KindClusterSecretStore, "", consumer }
	}
	const named = `"projectID":"shop","auth":{"secretRef":{"secretAccessKeySecretRef":{"name":"login","key":"k","namespace":"vault"}}}`
	for name, tc := range map[string]struct {
		one, other           string
		oneStore, otherStore func(*provider.Store)
		equal                bool
	}{
		"two namespaces have Secrets of their own":               {`"projectID":"shop",` + withKey, `"projectID":"shop",` + withKey, in("a"), in("b"), false},
		"a namespaced store that names another stays in its own": {named, named, in("a"), in("b"), false},
		"two namespaces have service accounts of their own":      {asAccount, asAccount, in("a"), in("b"), false},
		"the process is the same in every namespace":             {`"projectID":"shop"`, `"projectID":"shop"`, in("a"), in("b"), true},
		"a cluster store that names its namespace is one":        {named, named, cluster("a"), cluster("b"), true},
		"a cluster store that names none is one a consumer":      {`"projectID":"shop",` + withKey, `"projectID":"shop",` + withKey, cluster("a"), cluster("b"), false},
		"another project is another":                             {`"projectID":"shop"`, `"projectID":"post"`, in("a"), in("a"), false},
		"another location is another":                            {`"projectID":"shop"`, `"projectID":"shop","location":"us-east1"`, in("a"), in("a"), false},
		"the default of the policy is the same as none":          {`"projectID":"shop"`, `"projectID":"shop","secretVersionSelectionPolicy":"LatestOrFail"`, in("a"), in("a"), true},
	} {
		t.Run(name, func(t *testing.T) {
			identity := func(spec string, change func(*provider.Store)) string {
				store := storeOf(spec)
				change(&store)
				location, err := offline.Locate(store)
				require.NoError(t, err)
				return location.Identity
			}
			assert.Equal(t, tc.equal, identity(tc.one, tc.oneStore) == identity(tc.other, tc.otherStore))
		})
	}
}
