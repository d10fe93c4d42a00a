package sts

import (
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

// assumeRole opens a session for a caller with credentials, which may be of a session itself.
func (s *Service) assumeRole(c *wire.Call, p identity.Principal) (any, error) {
	session, err := start(c)
	if err != nil {
		return nil, err
	}
	session.Source, session.ExternalID = p.ARN, c.Form.Get("ExternalId")
	session.Tags, session.Transitive = readTags(c.Form)

	role, known := s.identities.Role(session.Role)
	if !known || !role.Trusts(p, session.ExternalID) || !s.identities.Allowed(p, c.Action(), session.Role, session.Role) {
		return nil, wire.Denied(p.ARN, c.Action(), session.Role, "")
	}
	if len(session.Tags) > 0 && !s.identities.Allowed(p, "sts:TagSession", session.Role, session.Role) {
		return nil, wire.Denied(p.ARN, "sts:TagSession", session.Role, "")
	}
	if err := checkLife(session, role, p.Session != nil); err != nil {
		return nil, err
	}
	if p.Session != nil {
		if err := inherit(&session, p.Session); err != nil {
			return nil, err
		}
	}
	return s.open(session), nil
}

// inherit hands the transitive tags of the calling session on to the one it opens; they can't be overwritten.
func inherit(session *identity.Session, from *identity.Session) error {
	for _, key := range from.Transitive {
		if _, set := session.Tags[key]; set {
			return wire.NewError("InvalidParameterValue",
				"One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
	}
	merged := map[string]string{}
	for _, key := range from.Transitive {
		merged[key] = from.Tags[key]
	}
	maps.Copy(merged, session.Tags)
	if len(merged) > 0 {
		session.Tags = merged
	}
	session.Transitive = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(from.Transitive), session.Transitive...))))
	return nil
}

// readTags reads Tags.member.N.Key, Tags.member.N.Value and TransitiveTagKeys.member.N, N counting from 1.
func readTags(form url.Values) (tags map[string]string, transitive []string) {
	for n := 1; form.Has(fmt.Sprintf("Tags.member.%d.Key", n)); n++ {
		if tags == nil {
			tags = map[string]string{}
		}
		tags[form.Get(fmt.Sprintf("Tags.member.%d.Key", n))] = form.Get(fmt.Sprintf("Tags.member.%d.Value", n))
	}
	for n := 1; form.Has(fmt.Sprintf("TransitiveTagKeys.member.%d", n)); n++ {
		transitive = append(transitive, form.Get(fmt.Sprintf("TransitiveTagKeys.member.%d", n)))
	}
	return tags, transitive
}
