package harness

import "testing"

// Endpoint is a fake of AWS Secrets Manager, Parameter Store and STS that belongs to one test. What AWSDoor offers disturbs and counts
// its requests.
type Endpoint struct {
	AWSDoor
}

// AWS starts an endpoint that has no secrets, no parameters and no roles, and one access key that may do everything: the one of Env.
// It stops when the test ends.
func AWS(t testing.TB) *Endpoint {
	t.Helper()
	return startAWS(t)
}

// startAWS does what AWS says; the flags are the program's.
func startAWS(t testing.TB, flags ...string) *Endpoint {
	t.Helper()
	e := &Endpoint{startDoor(t, ".", flags...)}
	e.Key(t, adminKey())
	return e
}

// Put stores a secret in AWSRegion, as a new current version when it exists. It passes by the API and its counters, as all of
// Endpoint's methods do.
func (e *Endpoint) Put(t testing.TB, name, value string) {
	t.Helper()
	e.SeedAll(t, []AWSSecret{{Name: name, String: &value}})
}

// PutBinary is Put for a binary value.
func (e *Endpoint) PutBinary(t testing.TB, name string, value []byte) {
	t.Helper()
	e.SeedAll(t, []AWSSecret{{Name: name, Binary: value}})
}

// Seed puts many secrets, values by names, at once.
func (e *Endpoint) Seed(t testing.TB, values map[string]string) {
	t.Helper()
	all := make([]AWSSecret, 0, len(values))
	for name, value := range values {
		all = append(all, AWSSecret{Name: name, String: &value})
	}
	e.SeedAll(t, all)
}

// SeedAll puts many secrets with tags, regions or without values.
func (e *Endpoint) SeedAll(t testing.TB, all []AWSSecret) {
	t.Helper()
	e.post(t, "secrets", all)
}

// Delete deletes a secret of AWSRegion at once. To have one that waits for its deletion, seed it as Pending.
func (e *Endpoint) Delete(t testing.TB, name string) {
	t.Helper()
	e.post(t, "secrets/delete", []AWSSecret{{Name: name}})
}

// PutParameter stores a secure string in AWSRegion, as a new version when it exists.
func (e *Endpoint) PutParameter(t testing.TB, name, value string) {
	t.Helper()
	e.SeedParameters(t, []AWSParameter{{Name: name, Value: value}})
}

// SeedParameters puts many parameters with types, labels or tags.
func (e *Endpoint) SeedParameters(t testing.TB, all []AWSParameter) {
	t.Helper()
	e.post(t, "parameters", all)
}

// DeleteParameter deletes a parameter of AWSRegion.
func (e *Endpoint) DeleteParameter(t testing.TB, name string) {
	t.Helper()
	e.post(t, "parameters/delete", []AWSParameter{{Name: name}})
}

// Role adds a role, or replaces the one of the same ARN.
func (e *Endpoint) Role(t testing.TB, role AWSRole) {
	t.Helper()
	e.post(t, "roles", role)
}

// JWKS registers an issuer of web identity tokens with its JSON web key set, for tokens that are meant for one of the audiences, or for
// any if none is given. Tokens of an issuer that only a role names are accepted whatever their signature is.
func (e *Endpoint) JWKS(t testing.TB, issuer string, jwks []byte, audiences ...string) {
	t.Helper()
	e.post(t, "jwks", awsIssuer{Issuer: issuer, JWKS: jwks, Audiences: audiences})
}

// Deny takes an action such as "secretsmanager:GetSecretValue" away from a principal, for the secrets, parameters or paths that begin
// with resource, or the role whose ARN does. principal is an ARN or an access key id and may, like action, have * for any text; empty
// means everybody, and an empty resource everything.
func (e *Endpoint) Deny(t testing.TB, principal, action, resource string) {
	t.Helper()
	e.DenyBy(t, AWSDenial{Principal: principal, Action: action, Resource: resource})
}

// DenyBy is Deny that says by which sort of policy.
func (e *Endpoint) DenyBy(t testing.TB, denial AWSDenial) {
	t.Helper()
	e.post(t, "deny", denial)
}

// Permit limits a principal to an action on the ARNs that resource means, with * for any text and ? for any character, and to what
// else it is permitted. principal is that of Deny.
func (e *Endpoint) Permit(t testing.TB, principal, action, resource string) {
	t.Helper()
	e.post(t, "permit", awsPermission{principal, action, resource})
}

// AllowAll takes all of Deny and Permit back.
func (e *Endpoint) AllowAll(t testing.TB) {
	t.Helper()
	e.post(t, "allow", struct{}{})
}
