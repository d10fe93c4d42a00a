// Package sts is the Security Token Service: it turns the callers and tokens it trusts into sessions of roles. Whom a role trusts
// and which tokens are valid is kept in the packages identity and oidc.
package sts

import (
	"regexp"
	"strconv"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/oidc"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

const (
	minSeconds     = 900
	chainSeconds   = 3600 // the longest session that a session may open
	defaultSeconds = 3600
)

var sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// Service answers STS calls.
type Service struct {
	identities *identity.Registry
	issuers    *oidc.Registry
	clock      Clock
}

// Clock tells what time it is, by which tokens are judged.
type Clock interface {
	Now() time.Time
}

// New returns a service over these identities and issuers.
func New(identities *identity.Registry, issuers *oidc.Registry, clock Clock) *Service {
	return &Service{identities: identities, issuers: issuers, clock: clock}
}

// Handle answers one call; p is the zero Principal for AssumeRoleWithWebIdentity. Errors are *wire.Error.
func (s *Service) Handle(c *wire.Call, p identity.Principal) (any, error) {
	switch c.Operation {
	case "GetCallerIdentity":
		return callerIdentity(p), nil
	case "AssumeRole":
		return s.assumeRole(c, p)
	case "AssumeRoleWithWebIdentity":
		return s.assumeRoleWithWebIdentity(c)
	}
	return nil, wire.NewError("InvalidAction", "Could not find operation "+c.Operation+" for version "+c.Form.Get("Version"))
}

type identityResult struct {
	ARN     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string
}

func callerIdentity(p identity.Principal) identityResult {
	id := "AIDA" + p.Account // a user's id: any constant of its account will do
	if p.Session != nil {
		id = "AROA" + p.Account + ":" + p.Session.Name
	}
	return identityResult{ARN: p.ARN, UserID: id, Account: p.Account}
}

type credentials struct {
	AccessKeyID                               string `xml:"AccessKeyId"`
	SecretAccessKey, SessionToken, Expiration string
}

type assumedRole struct {
	ID  string `xml:"AssumedRoleId"`
	ARN string `xml:"Arn"`
}

type assumeResult struct {
	SubjectFromWebIdentityToken string `xml:",omitempty"`
	Audience                    string `xml:",omitempty"`
	Provider                    string `xml:",omitempty"`
	Credentials                 credentials
	AssumedRoleUser             assumedRole
}

// open starts the session and spells it as STS does.
func (s *Service) open(session identity.Session) assumeResult {
	c, opened := s.identities.Open(session)
	return assumeResult{
		Credentials: credentials{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.Expiration.Format(time.RFC3339)},
		AssumedRoleUser: assumedRole{
			ID:  "AROA" + opened.KeyID[4:] + ":" + opened.Name,
			ARN: opened.ARN,
		},
	}
}

// start reads the parameters that both ways of assuming a role have in common.
func start(c *wire.Call) (identity.Session, error) {
	session := identity.Session{Role: c.Form.Get("RoleArn"), Name: c.Form.Get("RoleSessionName"), Operation: c.Operation, Seconds: defaultSeconds}
	if !sessionName.MatchString(session.Name) {
		return session, invalid(session.Name, "roleSessionName", `Member must satisfy regular expression pattern: [\w+=,.@-]*`)
	}
	asked := c.Form.Get("DurationSeconds")
	if asked == "" {
		return session, nil
	}
	seconds, err := strconv.Atoi(asked)
	if err != nil || seconds < minSeconds {
		return session, invalid(asked, "durationSeconds", "Member must have value greater than or equal to "+strconv.Itoa(minSeconds))
	}
	session.Seconds = seconds
	return session, nil
}

// checkLife refuses a session that wants to live longer than its role, or its being opened by another session, allows.
func checkLife(session identity.Session, role identity.Role, chained bool) error {
	if chained && session.Seconds > chainSeconds {
		return wire.NewError("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	if session.Seconds > role.MaxSeconds {
		return wire.NewError("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return nil
}

// invalid is a parameter out of bounds, whose code STS spells its own way.
func invalid(value, member, rule string) error {
	e := wire.Constraint(value, member, rule)
	e.Code = "ValidationError"
	return e
}
