package secrets

import (
	"slices"
	"time"
)

// addVersion stores a value under a version id and gives it the labels. When AWSCURRENT moves, the version that had it becomes
// AWSPREVIOUS; the first version of a secret is always current.
func (s *secret) addVersion(id string, v value, labels []string) {
	now := time.Now()
	s.versions[id] = &version{id: id, created: now, value: v}
	s.changed = now
	if s.stages[stageCurrent] == "" && !slices.Contains(labels, stageCurrent) {
		labels = append(slices.Clone(labels), stageCurrent)
	}
	for _, label := range labels {
		if old := s.stages[stageCurrent]; label == stageCurrent && old != "" && old != id {
			s.stages[stagePrevious] = old
		}
		s.stages[label] = id
	}
}

// pick finds the version a reader means: by id, by label, or by both, which must agree; the current one by default.
func (s *secret) pick(id, label string) (*version, error) {
	if id == "" {
		if label == "" {
			label = stageCurrent
		}
		v := s.versions[s.stages[label]]
		if v == nil {
			return nil, notFound("Secrets Manager can't find the specified secret value for staging label: " + label)
		}
		return v, nil
	}
	v := s.versions[id]
	if v == nil {
		return nil, notFound("Secrets Manager can't find the specified secret value for VersionId: " + id)
	}
	if label != "" && s.stages[label] != id {
		return nil, invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.")
	}
	return v, nil
}
