package gcpsm

import (
	"cmp"
	"encoding/json"
	"regexp"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const field = "spec.provider.gcpsm"

var (
	// projects may have a domain before them, and may be named by their number.
	projectName  = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z0-9][a-z0-9-]*$`)
	locationName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	clusterName  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
)

// storeSpec is a spec that has been checked.
type storeSpec struct {
	*api.GCPSMProvider
	// project is that of the secrets; empty where the machine is to be asked for it, and asked tells that it was.
	project string
	asked   bool
}

// decode reads the spec and checks it.
func decode(store provider.Store) (*storeSpec, error) {
	spec := &storeSpec{GCPSMProvider: &api.GCPSMProvider{}}
	if err := json.Unmarshal(store.Spec, spec.GCPSMProvider); err != nil {
		return nil, invalid("%s can't be read: %v", field, err)
	}
	switch spec.SecretVersionSelectionPolicy {
	case "":
		spec.SecretVersionSelectionPolicy = api.SecretVersionLatestOrFail
	case api.SecretVersionLatestOrFail, api.SecretVersionLatestOrFetch:
	default:
		return nil, invalid("%s.secretVersionSelectionPolicy %q is neither %s nor %s", field, spec.SecretVersionSelectionPolicy,
			api.SecretVersionLatestOrFail, api.SecretVersionLatestOrFetch)
	}
	if spec.ProjectID != "" && !projectName.MatchString(spec.ProjectID) {
		return nil, invalid("%s.projectID %q is no project", field, spec.ProjectID)
	}
	if spec.Location != "" && !locationName.MatchString(spec.Location) {
		return nil, invalid("%s.location %q is no location such as europe-west3", field, spec.Location)
	}
	if err := spec.checkAuth(); err != nil {
		return nil, err
	}
	spec.project = spec.ProjectID
	if wi := spec.Auth.WorkloadIdentity; wi != nil {
		spec.project = cmp.Or(spec.project, wi.ClusterProjectID)
	}
	return spec, nil
}

// checkAuth demands at most one way of logging in, and that it is complete.
func (s *storeSpec) checkAuth() error {
	ways := 0
	for _, given := range []bool{s.Auth.SecretRef != nil, s.Auth.WorkloadIdentity != nil, s.Auth.WorkloadIdentityFederation != nil} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		return invalid("%s.auth must have one way of logging in, and has %d", field, ways)
	}
	if ref := s.Auth.SecretRef; ref != nil {
		switch {
		case ref.SecretAccessKey.Name == "" || ref.SecretAccessKey.Key == "":
			return invalid("%s.auth.secretRef.secretAccessKeySecretRef must name a Secret and a key", field)
		case s.ProjectID == "":
			return invalid("%s.projectID is missing: with a key it has no default", field)
		}
	}
	if wi := s.Auth.WorkloadIdentity; wi != nil {
		switch {
		case wi.ServiceAccountRef.Name == "":
			return invalid("%s.auth.workloadIdentity.serviceAccountRef.name is missing", field)
		case wi.ClusterProjectID != "" && !projectName.MatchString(wi.ClusterProjectID):
			return invalid("%s.auth.workloadIdentity.clusterProjectID %q is no project", field, wi.ClusterProjectID)
		case wi.ClusterLocation != "" && !locationName.MatchString(wi.ClusterLocation):
			return invalid("%s.auth.workloadIdentity.clusterLocation %q is no location", field, wi.ClusterLocation)
		case wi.ClusterName != "" && !clusterName.MatchString(wi.ClusterName):
			return invalid("%s.auth.workloadIdentity.clusterName %q is no name of a cluster", field, wi.ClusterName)
		}
	}
	return s.checkFederation()
}

func (s *storeSpec) checkFederation() error {
	const at = field + ".auth.workloadIdentityFederation"
	f := s.Auth.WorkloadIdentityFederation
	switch {
	case f == nil:
		return nil
	case f.CredConfig != nil:
		return unsupported("%s.credConfig is not supported: such a configuration names files, URLs or programs for whoever makes the pass to read; use serviceAccountRef and audience", at)
	case f.AWSSecurityCredentials != nil:
		return unsupported("%s.awsSecurityCredentials is not supported: use serviceAccountRef and audience", at)
	case f.ServiceAccountRef == nil || f.ServiceAccountRef.Name == "":
		return invalid("%s.serviceAccountRef.name is missing", at)
	case f.Audience == "":
		return invalid("%s.audience is missing: it is the provider of the pool, such as //iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER", at)
	}
	return nil
}

// account is the service account as whom a store logs in; nil where it does so in another way.
func (s *storeSpec) account() *api.ServiceAccountSelector {
	switch {
	case s.Auth.WorkloadIdentity != nil:
		return &s.Auth.WorkloadIdentity.ServiceAccountRef
	case s.Auth.WorkloadIdentityFederation != nil:
		return s.Auth.WorkloadIdentityFederation.ServiceAccountRef
	default:
		return nil
	}
}
