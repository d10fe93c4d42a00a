package secrets

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

const (
	actionGet  = wire.SecretsManager + ":GetSecretValue"
	actionList = wire.SecretsManager + ":ListSecrets"
	// actionDecrypt is what reading needs besides, on the key that the secret is encrypted with.
	actionDecrypt = "kms:Decrypt"

	maxBatch = 20
)

// entry is one secret value as it is answered.
type entry struct {
	ARN, Name     string
	VersionID     string  `json:"VersionId"`
	SecretString  *string `json:",omitempty"`
	SecretBinary  []byte  `json:",omitempty"` // base64 on the wire
	VersionStages []string
	CreatedDate   wire.Time
}

// read is what GetSecretValue does, alone or for one item of a batch. The lock must be held.
func (s *Service) read(r request, id, versionID, label string) (entry, error) {
	found, err := s.living(r, actionGet, id)
	if err != nil {
		return entry{}, err
	}
	if err := s.faults.OnSecret(r.call.Name(), found.name); err != nil {
		return entry{}, err
	}
	if err := s.decrypt(r, found); err != nil {
		return entry{}, err
	}
	v, err := found.pick(versionID, label)
	if err != nil {
		return entry{}, err
	}
	return entry{
		ARN: found.arn, Name: found.name, VersionID: v.id, VersionStages: found.stagesOf(v.id),
		SecretString: v.value.text, SecretBinary: v.value.binary, CreatedDate: wire.Time{Time: v.created},
	}, nil
}

// decrypt asks KMS, whose own reasons Secrets Manager does not pass on.
func (s *Service) decrypt(r request, found *secret) error {
	if !s.identities.Allowed(r.who, actionDecrypt, found.name, "") {
		return wire.NewError("AccessDeniedException", textNoKMS)
	}
	if found.keyDisabled {
		return wire.NewError("DecryptionFailure", textNoDecryption)
	}
	return nil
}

func (s *Service) get(r request) (any, error) {
	var in struct {
		SecretID     string `json:"SecretId"`
		VersionID    string `json:"VersionId"`
		VersionStage string
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return s.read(r, in.SecretID, in.VersionID, in.VersionStage)
}

type batchInput struct {
	SecretIDs  []string `json:"SecretIdList"`
	Filters    []filter
	MaxResults *int
	NextToken  string
}

type itemError struct {
	SecretID  string `json:"SecretId"`
	ErrorCode string
	Message   string
}

type batchResult struct {
	SecretValues []entry
	Errors       []itemError
	NextToken    string `json:",omitempty"`
}

func (s *Service) batch(r request) (any, error) {
	var in batchInput
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if err := s.authorize(r, r.call.Action()); err != nil {
		return nil, err
	}
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	if in.SecretIDs != nil {
		return s.readAll(r, in.SecretIDs), nil
	}
	if err := s.authorize(r, actionList); err != nil {
		return nil, err
	}
	page, next, err := s.store.page(r.at, query{filters: in.Filters, limit: in.MaxResults, most: maxBatch, token: in.NextToken})
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(page))
	for i, found := range page {
		ids[i] = found.arn
	}
	result := s.readAll(r, ids)
	result.NextToken = next
	return result, nil
}

func (in batchInput) check() error {
	switch {
	case len(in.SecretIDs) > 0 == (len(in.Filters) > 0):
		return invalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
	case len(in.SecretIDs) > maxBatch:
		return wire.Constraint("[secret ids]", "secretIdList", "Member must have length less than or equal to "+strconv.Itoa(maxBatch))
	case in.MaxResults != nil && len(in.Filters) == 0:
		return invalidParameter("'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.")
	}
	return nil
}

// readAll reads each secret once, however often and by whichever of its ids it is asked for. What can't be read is an error of its
// own. AWS promises no order, so the values come sorted by name: a client that counts on the order it asked in must fail here.
func (s *Service) readAll(r request, ids []string) batchResult {
	result := batchResult{SecretValues: []entry{}, Errors: []itemError{}}
	seen := map[string]bool{}
	for _, id := range ids {
		value, err := s.read(r, id, "", "")
		key := cmp.Or(value.ARN, id)
		if seen[key] {
			continue
		}
		seen[key] = true
		var refused *wire.Error
		if errors.As(err, &refused) {
			result.Errors = append(result.Errors, itemError{id, refused.Code, refused.Message})
			continue
		}
		result.SecretValues = append(result.SecretValues, value)
	}
	slices.SortFunc(result.SecretValues, func(a, b entry) int { return cmp.Compare(a.Name, b.Name) })
	return result
}
