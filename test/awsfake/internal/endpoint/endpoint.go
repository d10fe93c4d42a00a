// Package endpoint puts the parts of the fake together: the door, Secrets Manager, Parameter Store and STS behind it, and the control
// side. Nothing but wiring lives here.
package endpoint

import (
	"net/http"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/control"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/front"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/oidc"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/parameters"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/secrets"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/sts"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/traffic"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

// New returns a fresh endpoint that knows no keys and no roles and holds nothing.
func New() http.Handler {
	identities, issuers := identity.NewRegistry(), oidc.NewRegistry()
	secretStore, parameterStore := secrets.NewStore(), parameters.NewStore()
	faults := &traffic.Faults{}
	door := control.Door{Identities: identities, Counters: traffic.NewCounters(), Faults: faults, Pace: traffic.NewPace(), Clock: &traffic.Clock{}}
	services := services{
		secrets.New(secretStore, identities, faults), parameters.New(parameterStore, identities, faults), sts.New(identities, issuers, door.Clock),
	}
	return control.Split(
		control.Fake{Door: door, Issuers: issuers, Secrets: secretStore, Parameters: parameterStore}.NewMux(),
		&front.Door{Identities: identities, Counters: door.Counters, Faults: faults, Pace: door.Pace, Clock: door.Clock, Backend: services},
	)
}

// services is the front.Backend that answers here.
type services struct {
	secrets    *secrets.Service
	parameters *parameters.Service
	sts        *sts.Service
}

// Answer implements front.Backend.
func (s services) Answer(w http.ResponseWriter, r front.Request) error {
	var result any
	var err error
	switch r.Call.Service {
	case wire.SecretsManager:
		result, err = s.secrets.Handle(r.Call, r.Who, r.Region)
	case wire.SSM:
		result, err = s.parameters.Handle(r.Call, r.Who, r.Region)
	default:
		result, err = s.sts.Handle(r.Call, r.Who)
	}
	if err != nil {
		return err
	}
	r.Call.WriteResult(w, result)
	return nil
}
