package parameters

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

const (
	tier       = "Standard"
	maxValue   = 4096 // bytes
	defaultKey = "alias/aws/ssm"
)

// checkValue refuses what a parameter of the standard tier can't hold.
func checkValue(value string) error {
	if value == "" || len(value) > maxValue {
		return wire.NewError("ValidationException", "Standard tier parameters support a maximum parameter value of "+
			strconv.Itoa(maxValue)+" characters, and at least one.")
	}
	return nil
}

func checkType(kind string) error {
	if !slices.Contains([]string{typeString, typeStringList, typeSecureString}, kind) {
		return wire.Constraint(kind, "type", "Member must satisfy enum value set: [SecureString, StringList, String]")
	}
	return nil
}

func (s *Service) put(r request) (any, error) {
	var in struct {
		Name, Value, Type, Description string
		KeyID                          string `json:"KeyId"`
		Overwrite                      bool
		Tags                           []Tag
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	if err := cmp.Or(checkName(in.Name), checkValue(in.Value)); err != nil {
		return nil, err
	}
	if in.Overwrite && len(in.Tags) > 0 {
		return nil, wire.NewError("ValidationException", "Invalid request: tags and overwrite can't be used together.")
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	p, err := s.target(r, in.Name)
	switch {
	case err != nil:
		return nil, err
	case p != nil && !in.Overwrite:
		return nil, wire.NewError("ParameterAlreadyExists",
			"The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	case p != nil:
		in.Type = cmp.Or(in.Type, p.current().kind)
	}
	if err := checkType(in.Type); err != nil {
		return nil, err
	}
	if p == nil {
		p = s.store.add(r.at, in.Name)
	}
	p.set(in.Value, in.Type, in.Description, in.KeyID)
	p.setTags(in.Tags)
	return struct {
		Version int
		Tier    string
	}{p.current().number, tier}, nil
}

// set gives the parameter a new version; what is empty stays as it is.
func (p *parameter) set(value, kind, description, key string) {
	p.addVersion(value, kind)
	p.description = cmp.Or(description, p.description)
	if kind == typeSecureString {
		p.key = cmp.Or(key, p.key, defaultKey)
	}
}

func (s *Service) delete(r request) (any, error) {
	var in struct{ Name string }
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	p, err := s.existing(r, in.Name)
	if err != nil {
		return nil, err
	}
	delete(s.store.shelves[r.at], p.name)
	return struct{}{}, nil
}

// label gives labels to a version, the current one by default, and takes them from the version that had them.
func (s *Service) label(r request) (any, error) {
	var in struct {
		Name             string
		ParameterVersion *int
		Labels           []string
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	p, err := s.existing(r, in.Name)
	if err != nil {
		return nil, err
	}
	v := p.current()
	if in.ParameterVersion != nil {
		selector := strconv.Itoa(*in.ParameterVersion)
		if v = p.pick(selector); v == nil {
			return nil, noVersion(p.name, selector)
		}
	}
	invalid := []string{}
	for _, l := range in.Labels {
		if !label.MatchString(l) || isReserved(l) {
			invalid = append(invalid, l)
			continue
		}
		p.setLabel(v, l)
	}
	return struct {
		InvalidLabels    []string
		ParameterVersion int
	}{invalid, v.number}, nil
}
