package rbac

import (
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/gcpsm"
)

func gcpCloud() cloud {
	return cloud{
		name: "gcp", providers: []string{"gcpsm"}, kind: "GCPBindingList", grants: gcpGrants,
		about: `what IAM of Google must allow, the bindings of each login:

    items[].member        the login as IAM names it, if that is known
    items[].as            service account or Secret that it logs in with
    items[].stores[]      stores that log in so
    items[].bindings[]    resource, role and, on a project, perhaps a condition`,
	}
}

func gcpGrants(_ *Options, wanted []provider.Wanted) (items any, said []string, err error) {
	grants, problems, err := gcpsm.Grants(wanted)
	if err != nil {
		return nil, nil, err
	}
	for _, problem := range problems {
		said = append(said, "Warning: "+problem)
	}
	said = append(said, "Note: a service account that is annotated with iam.gke.io/gcp-service-account acts as that one: it is to have the bindings, and the member roles/iam.workloadIdentityUser on it")
	return grants, said, nil
}
