package sts

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/oidc"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

// assumeRoleWithWebIdentity opens a session for the bearer of a token; the call itself is not signed by anybody.
func (s *Service) assumeRoleWithWebIdentity(c *wire.Call) (any, error) {
	session, err := start(c)
	if err != nil {
		return nil, err
	}
	token, err := s.issuers.Validate(c.Form.Get("WebIdentityToken"), s.clock.Now(), s.identities.TrustsIssuer)
	if err != nil {
		return nil, tokenError(token, err)
	}
	role, known := s.identities.Role(session.Role)
	if !known || !role.TrustsToken(token.Issuer, token.Subject, token.Audience) {
		// The same whether the role does not trust the token or does not exist: STS tells nobody which roles there are.
		return nil, wire.Forbidden("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	if err := checkLife(session, role, false); err != nil {
		return nil, err
	}
	session.Subject = token.Subject
	result := s.open(session)
	result.SubjectFromWebIdentityToken = token.Subject
	result.Audience = strings.Join(token.Audience, ",")
	result.Provider = "arn:aws:iam::" + identity.AccountOf(session.Role) + ":oidc-provider/" + strings.TrimPrefix(token.Issuer, "https://")
	return result, nil
}

// tokenError words why a token is refused the way STS does.
func tokenError(token oidc.Token, err error) error {
	var expired *oidc.ExpiredError
	switch {
	case errors.As(err, &expired):
		return wire.NewError("ExpiredTokenException", fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d",
			expired.Now.Unix(), expired.Expired.Unix()))
	case errors.Is(err, oidc.ErrMalformed):
		return wire.NewError("InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	case errors.Is(err, oidc.ErrIssuer):
		return wire.NewError("InvalidIdentityToken", "No OpenIDConnect provider found in your account for "+token.Issuer)
	case errors.Is(err, oidc.ErrAudience):
		return wire.NewError("InvalidIdentityToken", "Incorrect token audience")
	}
	return wire.NewError("InvalidIdentityToken", "The web identity token that was passed could not be validated")
}
