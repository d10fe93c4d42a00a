package parameters

import (
	"cmp"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

const (
	maxNames = 10

	actionDecrypt = "kms:Decrypt"
	textNoKey     = "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access."
)

// entry is one parameter with a value as it is answered.
type entry struct {
	ARN, Name, Type, Value, DataType string
	Selector                         string `json:",omitempty"` // with its colon
	Version                          int
	LastModifiedDate                 wire.Time
}

// entry is a version as the caller may see it: a secure string is readable for who may use its key and asks for that.
func (s *Service) entry(r request, p *parameter, v *version, selector string, decrypt bool) (entry, error) {
	e := entry{
		ARN: p.arn, Name: p.name, Type: v.kind, Value: v.value, DataType: "text", Version: v.number, LastModifiedDate: wire.Time{Time: v.changed},
	}
	if selector != "" {
		e.Selector = ":" + selector
	}
	if v.kind != typeSecureString {
		return e, nil
	}
	if !decrypt {
		e.Value = base64.StdEncoding.EncodeToString([]byte("encrypted with " + p.key + " as " + p.arn + ":" + strconv.Itoa(v.number)))
		return e, nil
	}
	if !s.identities.Allowed(r.who, actionDecrypt, p.name, p.key) {
		return entry{}, wire.NewError("AccessDeniedException", textNoKey)
	}
	return e, nil
}

// read finds a parameter by name or ARN with, perhaps, a version or label. The lock must be held.
func (s *Service) read(r request, id string, decrypt bool) (entry, error) {
	name, selector := split(id)
	found, err := s.existing(r, name)
	if err != nil {
		return entry{}, err
	}
	if err := s.faults.OnSecret(r.call.Name(), found.name); err != nil {
		return entry{}, err
	}
	v := found.pick(selector)
	if v == nil {
		return entry{}, noVersion(found.name, selector)
	}
	return s.entry(r, found, v, selector, decrypt)
}

func (s *Service) get(r request) (any, error) {
	var in struct {
		Name           string
		WithDecryption bool
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	if err := checkID(in.Name); err != nil {
		return nil, err
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	e, err := s.read(r, in.Name, in.WithDecryption)
	if err != nil {
		return nil, err
	}
	return struct{ Parameter entry }{e}, nil
}

// getMany reads several parameters. What does not exist, or not in that version, is named apart; any other error is that of all.
func (s *Service) getMany(r request) (any, error) {
	var in struct {
		Names          []string
		WithDecryption bool
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	if n := len(in.Names); n < 1 || n > maxNames {
		return nil, wire.Constraint("[names]", "names", "Member must have length between 1 and "+strconv.Itoa(maxNames))
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	result := struct {
		Parameters        []entry
		InvalidParameters []string
	}{[]entry{}, []string{}}
	for _, id := range in.Names {
		if err := checkID(id); err != nil {
			return nil, err
		}
		e, err := s.read(r, id, in.WithDecryption)
		var refused *wire.Error
		switch {
		case errors.As(err, &refused) && (refused.Code == "ParameterNotFound" || refused.Code == "ParameterVersionNotFound"):
			result.InvalidParameters = append(result.InvalidParameters, id)
		case err != nil:
			return nil, err
		default:
			result.Parameters = append(result.Parameters, e)
		}
	}
	slices.SortFunc(result.Parameters, func(a, b entry) int { return cmp.Compare(a.Name, b.Name) })
	return result, nil
}
