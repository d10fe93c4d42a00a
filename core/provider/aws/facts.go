package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// factsOf tells where a store is.
func factsOf(spec *api.AWSProvider, prefix string) []trace.Fact {
	facts := []trace.Fact{{Name: "service", Value: "AWS " + string(spec.Service)}, {Name: "region", Value: spec.Region}}
	if prefix != "" {
		facts = append(facts, trace.Fact{Name: "prefix", Value: prefix})
	}
	return facts
}

// loginOf tells as whom a store is read, in the order in which login goes: each role is assumed as the one before it.
func loginOf(spec *api.AWSProvider) []trace.Fact {
	as := "what this process finds: environment, profile or instance; another process may find others"
	switch {
	case spec.Auth.JWT != nil && spec.Auth.JWT.ServiceAccountRef != nil:
		as = "service account " + spec.Auth.JWT.ServiceAccountRef.Name + ", and the role that it is annotated with"
	case spec.Auth.SecretRef != nil:
		as = "an access key"
	}
	chain := append([]string{as}, spec.AdditionalRoles...)
	if spec.Role != "" {
		chain = append(chain, spec.Role)
	}
	return []trace.Fact{{Name: "as", Value: strings.Join(chain, " → ")}}
}

// Identity implements provider.Identifier. Nobody needs a permission for this request.
func (r *reader) Identity(ctx context.Context) ([]trace.Fact, error) {
	const op = "GetCallerIdentity"
	caller, err := r.caller.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, classify(op, err)
	}
	return []trace.Fact{{Name: "caller", Value: aws.ToString(caller.Arn)}, {Name: "account", Value: aws.ToString(caller.Account)}}, nil
}
