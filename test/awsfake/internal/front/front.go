// Package front is the door every AWS request passes: it counts, checks the signature, and lets the request be slowed, throttled or
// failed, before whatever stands behind the door gets it. It never looks at what an operation means.
package front

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/sigv4"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/traffic"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

// unsigned is the one operation whose caller has no credentials yet.
const unsigned = "sts.AssumeRoleWithWebIdentity"

// Request is a call that has passed the door.
type Request struct {
	Call   *wire.Call
	Who    identity.Principal // zero for an unsigned call
	Region string             // of the signing scope, empty for an unsigned call
	HTTP   *http.Request      // with its body still to be read
}

// Backend answers the requests that pass. An error is one to be written by the door; after nil the answer has been written.
type Backend interface {
	Answer(w http.ResponseWriter, r Request) error
}

// Door is the http.Handler in front of a backend.
type Door struct {
	Identities *identity.Registry
	Counters   *traffic.Counters
	Faults     *traffic.Faults
	Pace       *traffic.Pace
	Clock      *traffic.Clock
	Backend    Backend
}

// ServeHTTP implements http.Handler.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", d.Clock.Now().UTC().Format(http.TimeFormat))
	call, err := wire.Read(r)
	if err != nil {
		call.WriteError(w, err)
		return
	}
	name := call.Name()
	defer d.Counters.Enter(name)()
	if err := d.pass(w, r, call); err != nil {
		var refused *wire.Error
		if errors.As(err, &refused) {
			d.Counters.Failed(name, refused.Code)
		}
		call.WriteError(w, err)
	}
}

func (d *Door) pass(w http.ResponseWriter, r *http.Request, call *wire.Call) error {
	request := Request{Call: call, HTTP: r}
	if call.Name() != unsigned {
		signature, err := d.verify(r, call)
		if err != nil {
			return refusal(call, err)
		}
		request.Who, request.Region = d.Identities.Principal(signature.KeyID), signature.Region
	}
	d.Counters.Sent(call.Name(), request.Who.ARN, idsOf(call))
	if err := d.Pace.Admit(call); err != nil {
		return err
	}
	if err := d.Pace.Wait(r.Context(), call.Name()); err != nil {
		return err
	}
	if err := d.Faults.OnRequest(call.Name()); err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(call.Body))
	return d.Backend.Answer(w, request)
}

func (d *Door) verify(r *http.Request, call *wire.Call) (sigv4.Signature, error) {
	signature, err := sigv4.Parse(r)
	if err != nil {
		return signature, err
	}
	return signature, signature.Verify(r, call.Body, call.Service, d.Clock.Now(), d.Identities.Credential)
}

// idsOf are the secrets or parameters a call asks to read; a body that can't be decoded asks for none.
func idsOf(call *wire.Call) []string {
	var in struct {
		SecretID  string   `json:"SecretId"`
		SecretIDs []string `json:"SecretIdList"`
		Name      string
		Names     []string
	}
	if call.Service == wire.STS || json.Unmarshal(call.Body, &in) != nil {
		return nil
	}
	switch call.Name() {
	case "secretsmanager.GetSecretValue":
		return []string{in.SecretID}
	case "secretsmanager.BatchGetSecretValue":
		return in.SecretIDs
	case "ssm.GetParameter":
		return []string{in.Name}
	case "ssm.GetParameters":
		return in.Names
	default:
		return nil
	}
}
