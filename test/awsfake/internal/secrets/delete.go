package secrets

import (
	"errors"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

const (
	minWindow, maxWindow = 7, 30 // days; the longest is the default
	day                  = 24 * time.Hour
)

type deletion struct {
	ARN, Name    string
	DeletionDate wire.Time
}

func (s *Service) delete(r request) (any, error) {
	var in struct {
		SecretID                   string `json:"SecretId"`
		RecoveryWindowInDays       *int
		ForceDeleteWithoutRecovery bool
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	days := maxWindow
	if in.RecoveryWindowInDays != nil {
		days = *in.RecoveryWindowInDays
		if in.ForceDeleteWithoutRecovery {
			return nil, invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
		}
	}
	if days < minWindow || days > maxWindow {
		return nil, invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if in.ForceDeleteWithoutRecovery {
		return s.purge(r, in.SecretID)
	}
	found, err := s.living(r, r.call.Action(), in.SecretID)
	if err != nil {
		return nil, err
	}
	found.schedule(days)
	return deletion{found.arn, found.name, wire.Time{Time: found.purge}}, nil
}

// purge deletes at once. What is pending deletion can be deleted so, and what does not exist is no error. The lock must be held.
func (s *Service) purge(r request, id string) (any, error) {
	found, err := s.target(r, r.call.Action(), id)
	var refused *wire.Error
	if errors.As(err, &refused) && refused.Code == codeMissing {
		return deletion{id, id, wire.Time{Time: time.Now()}}, nil
	}
	if err != nil {
		return nil, err
	}
	delete(s.store.shelves[r.at], found.name)
	return deletion{found.arn, found.name, wire.Time{Time: time.Now()}}, nil
}

// schedule marks the secret for deletion after a recovery window of so many days.
func (s *secret) schedule(days int) {
	s.deleted = time.Now()
	s.purge = s.deleted.Add(time.Duration(days) * day)
}

func (s *Service) restore(r request) (any, error) {
	var in struct {
		SecretID string `json:"SecretId"`
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	found, err := s.target(r, r.call.Action(), in.SecretID)
	if err != nil {
		return nil, err
	}
	found.deleted, found.purge = time.Time{}, time.Time{}
	return written{ARN: found.arn, Name: found.name}, nil
}
