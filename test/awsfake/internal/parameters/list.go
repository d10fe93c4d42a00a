package parameters

import (
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

const (
	maxByPath      = 10
	maxDescription = 50
)

// isBelow reports whether a parameter is below a path, at any depth or directly. One without a path is below the root.
func isBelow(name, path string, recursive bool) bool {
	rest, ok := strings.CutPrefix("/"+strings.TrimPrefix(name, "/"), strings.TrimRight(path, "/")+"/")
	return ok && (recursive || !strings.Contains(rest, "/"))
}

// getByPath lists with values. IAM judges the path alone, whatever is below it.
func (s *Service) getByPath(r request) (any, error) {
	var in struct {
		paging
		Path                      string
		Recursive, WithDecryption bool
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	if err := checkPath(in.Path); err != nil {
		return nil, err
	}
	arn := "arn:aws:ssm:" + r.at.region + ":" + r.at.account + ":parameter" + in.Path
	if because := s.identities.Refusal(r.who, r.call.Action(), in.Path, arn); because != "" {
		return nil, wire.Denied(r.who.ARN, r.call.Action(), arn, because)
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	page, next, err := in.page(s.store.sorted(r.at), maxByPath, func(p *parameter) bool { return isBelow(p.name, in.Path, in.Recursive) })
	if err != nil {
		return nil, err
	}
	result := struct {
		Parameters []entry
		NextToken  string `json:",omitempty"`
	}{make([]entry, len(page)), next}
	for i, p := range page {
		if result.Parameters[i], err = s.entry(r, p, p.current(), "", in.WithDecryption); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// description is a parameter without its value.
type description struct {
	ARN, Name, Type, DataType, Tier string
	Description                     string `json:",omitempty"`
	KeyID                           string `json:"KeyId,omitempty"`
	Version                         int
	LastModifiedDate                wire.Time
}

func (s *Service) describe(r request) (any, error) {
	var in struct {
		paging
		ParameterFilters []filter
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	all := "arn:aws:ssm:" + r.at.region + ":" + r.at.account + ":*"
	if because := s.identities.Refusal(r.who, r.call.Action(), "", all); because != "" {
		return nil, wire.Denied(r.who.ARN, r.call.Action(), all, because)
	}
	if err := checkFilters(in.ParameterFilters); err != nil {
		return nil, err
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	page, next, err := in.page(s.store.sorted(r.at), maxDescription, func(p *parameter) bool { return matchAll(in.ParameterFilters, p) })
	if err != nil {
		return nil, err
	}
	result := struct {
		Parameters []description
		NextToken  string `json:",omitempty"`
	}{make([]description, len(page)), next}
	for i, p := range page {
		v := p.current()
		result.Parameters[i] = description{
			ARN: p.arn, Name: p.name, Type: v.kind, DataType: "text", Tier: tier, Description: p.description, KeyID: p.key,
			Version: v.number, LastModifiedDate: wire.Time{Time: v.changed},
		}
	}
	return result, nil
}
