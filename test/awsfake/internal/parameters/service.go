package parameters

import (
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

// Faults says whether reading one parameter is to fail, by the name of the parameter; nil means no.
type Faults interface {
	OnSecret(operation, name string) error
}

// Service answers the calls of Systems Manager that are about parameters.
type Service struct {
	store      *Store
	identities *identity.Registry
	faults     Faults
}

// New returns a service over a store.
func New(store *Store, identities *identity.Registry, faults Faults) *Service {
	return &Service{store: store, identities: identities, faults: faults}
}

// request is one call with its sender.
type request struct {
	call *wire.Call
	who  identity.Principal
	at   place
}

// Handle answers one call of a principal to a region. Errors are *wire.Error.
func (s *Service) Handle(c *wire.Call, who identity.Principal, region string) (any, error) {
	r := request{call: c, who: who, at: place{who.Account, region}}
	switch c.Operation {
	case "GetParameter":
		return s.get(r)
	case "GetParameters":
		return s.getMany(r)
	case "GetParametersByPath":
		return s.getByPath(r)
	case "DescribeParameters":
		return s.describe(r)
	case "PutParameter":
		return s.put(r)
	case "DeleteParameter":
		return s.delete(r)
	case "LabelParameterVersion":
		return s.label(r)
	case "AddTagsToResource":
		return s.addTags(r)
	case "ListTagsForResource":
		return s.listTags(r)
	}
	return nil, wire.NewError("UnknownOperationException", "")
}

// target finds the parameter that an action is about, nil if there is none, and checks that the caller may do it. IAM judges a
// parameter by its name, whether it exists or not. The lock must be held.
func (s *Service) target(r request, name string) (*parameter, error) {
	found := s.store.find(r.at, name)
	shown, arn := name, "arn:aws:ssm:"+r.at.region+":"+r.at.account+":parameter/"+strings.TrimPrefix(name, "/")
	if found != nil {
		name, shown, arn = found.name, found.arn, found.arn
	}
	if because := s.identities.Refusal(r.who, r.call.Action(), name, arn); because != "" {
		return nil, wire.Denied(r.who.ARN, r.call.Action(), shown, because)
	}
	return found, nil
}

// existing is target for operations that need the parameter.
func (s *Service) existing(r request, name string) (*parameter, error) {
	found, err := s.target(r, name)
	if err == nil && found == nil {
		return nil, notFound()
	}
	return found, err
}

// notFound has no text, as AWS's has none.
func notFound() error { return wire.NewError("ParameterNotFound", "") }

func noVersion(name, selector string) error {
	return wire.NewError("ParameterVersionNotFound",
		"Systems Manager could not find version "+selector+" of "+name+". Verify the version and try again.")
}
