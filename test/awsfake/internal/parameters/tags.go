package parameters

import "github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"

// resource is how the calls about tags name a parameter.
type resource struct {
	ResourceType string
	ResourceID   string `json:"ResourceId"`
}

// tagged finds the parameter whose tags a call is about. The lock must be held.
func (s *Service) tagged(r request, in resource) (*parameter, error) {
	if in.ResourceType != "Parameter" {
		return nil, wire.NewError("InvalidResourceType", "The resource type isn't valid.")
	}
	found, err := s.target(r, in.ResourceID)
	if err == nil && found == nil {
		return nil, wire.NewError("InvalidResourceId", "The resource ID isn't valid. Verify that you entered the correct ID and try again.")
	}
	return found, err
}

func (s *Service) addTags(r request) (any, error) {
	var in struct {
		resource
		Tags []Tag
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	p, err := s.tagged(r, in.resource)
	if err != nil {
		return nil, err
	}
	p.setTags(in.Tags)
	return struct{}{}, nil
}

func (s *Service) listTags(r request) (any, error) {
	var in resource
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	p, err := s.tagged(r, in)
	if err != nil {
		return nil, err
	}
	return struct{ TagList []Tag }{append([]Tag{}, p.tags...)}, nil
}
