package secrets

import (
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

// Faults says whether reading one secret is to fail, by the name of the secret; nil means no.
type Faults interface {
	OnSecret(operation, name string) error
}

// Service answers Secrets Manager calls.
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
	case "GetSecretValue":
		return s.get(r)
	case "BatchGetSecretValue":
		return s.batch(r)
	case "ListSecrets":
		return s.list(r)
	case "DescribeSecret":
		return s.describe(r)
	case "CreateSecret":
		return s.create(r)
	case "PutSecretValue":
		return s.put(r)
	case "DeleteSecret":
		return s.delete(r)
	case "RestoreSecret":
		return s.restore(r)
	}
	return nil, wire.NewError("UnknownOperationException", "")
}

// authorize checks an action on no particular secret.
func (s *Service) authorize(r request, action string) error {
	if because := s.identities.Refusal(r.who, action, "", "*"); because != "" {
		return wire.Denied(r.who.ARN, action, "", because)
	}
	return nil
}

// target finds the secret an action is about and checks that the caller may do it. The lock must be held. When there is no such
// secret, AWS can only judge the name as it was given, and shows that name instead of an ARN.
func (s *Service) target(r request, action, id string) (*secret, error) {
	if id == "" {
		return nil, wire.Constraint("", "secretId", "Member must have length greater than or equal to 1")
	}
	found := s.store.find(r.at, id)
	name, shown := id, id
	if found != nil {
		name, shown = found.name, found.arn
	}
	if because := s.identities.Refusal(r.who, action, name, shown); because != "" {
		return nil, wire.Denied(r.who.ARN, action, shown, because)
	}
	if found == nil {
		return nil, notFound(textMissing)
	}
	if owner := identity.AccountOf(found.arn); owner != r.who.Account {
		return nil, wire.NewError("AccessDeniedException", "User: "+r.who.ARN+" is not authorized to perform: "+action+" on resource: "+shown+
			" because no resource-based policy allows the "+action+" action")
	}
	return found, nil
}

// living is target for operations that a pending deletion forbids.
func (s *Service) living(r request, action, id string) (*secret, error) {
	found, err := s.target(r, action, id)
	if err != nil {
		return nil, err
	}
	if !found.deleted.IsZero() {
		return nil, invalidRequest(textDeleted)
	}
	return found, nil
}
