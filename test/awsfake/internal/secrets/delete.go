package secrets

import (
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
		SecretId                   string
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
	// What is pending deletion can still be deleted at once, but not be scheduled a second time.
	find := s.living
	if in.ForceDeleteWithoutRecovery {
		find = s.target
	}
	found, err := find(r, r.call.Action(), in.SecretId)
	if err != nil {
		return nil, err
	}
	if in.ForceDeleteWithoutRecovery {
		delete(s.store.shelves[r.at], found.name)
		return deletion{found.arn, found.name, wire.Time{Time: time.Now()}}, nil
	}
	found.schedule(days)
	return deletion{found.arn, found.name, wire.Time{Time: found.purge}}, nil
}

// schedule marks the secret for deletion after a recovery window of so many days.
func (s *secret) schedule(days int) {
	s.deleted = time.Now()
	s.purge = s.deleted.Add(time.Duration(days) * day)
}

func (s *Service) restore(r request) (any, error) {
	var in struct{ SecretId string }
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	found, err := s.target(r, r.call.Action(), in.SecretId)
	if err != nil {
		return nil, err
	}
	found.deleted, found.purge = time.Time{}, time.Time{}
	return written{ARN: found.arn, Name: found.name}, nil
}
