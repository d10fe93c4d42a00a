package secrets

import (
	"cmp"
	"regexp"
	"strconv"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

const maxValue = 65536 // bytes

var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]{1,512}$`)

// valueInput is the part of a request that carries a value.
type valueInput struct {
	SecretString       *string
	SecretBinary       []byte // base64 on the wire
	ClientRequestToken string // becomes the version id
}

func (in valueInput) read() (value, error) {
	if in.SecretString != nil && in.SecretBinary != nil {
		return value{}, invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
	}
	if in.SecretString != nil && len(*in.SecretString) > maxValue {
		return value{}, tooLong("secretString")
	}
	if len(in.SecretBinary) > maxValue {
		return value{}, tooLong("secretBinary")
	}
	return value{in.SecretString, in.SecretBinary}, nil
}

func tooLong(member string) error {
	return wire.Constraint("[hidden]", member, "Member must have length less than or equal to "+strconv.Itoa(maxValue))
}

// written is the answer to every write.
type written struct {
	ARN, Name     string
	VersionID     string   `json:"VersionId,omitempty"`
	VersionStages []string `json:",omitempty"`
}

func (s *Service) create(r request) (any, error) {
	var in struct {
		valueInput
		Name, Description string
		KMSKeyID          string `json:"KmsKeyId"`
		Tags              []Tag
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	v, err := in.read()
	if err != nil {
		return nil, err
	}
	if !secretName.MatchString(in.Name) {
		return nil, wire.NewError("ValidationException",
			"Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	if because := s.identities.Refusal(r.who, r.call.Action(), in.Name, in.Name); because != "" {
		return nil, wire.Denied(r.who.ARN, r.call.Action(), in.Name, because)
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if old := s.store.find(r.at, in.Name); old != nil && !old.deleted.IsZero() {
		return nil, invalidRequest("You can't create this secret because a secret with this name is already scheduled for deletion.")
	} else if old != nil {
		return nil, exists("The operation failed because the secret " + in.Name + " already exists.")
	}
	made := s.store.add(r.at, in.Name)
	made.description, made.kmsKey, made.tags = in.Description, in.KMSKeyID, in.Tags
	result := written{ARN: made.arn, Name: made.name}
	if !v.empty() {
		result.VersionID = cmp.Or(in.ClientRequestToken, wire.NewUUID())
		made.addVersion(result.VersionID, v, []string{stageCurrent})
	}
	return result, nil
}

func (s *Service) put(r request) (any, error) {
	var in struct {
		valueInput
		SecretID      string `json:"SecretId"`
		VersionStages []string
	}
	if err := r.call.Decode(&in); err != nil {
		return nil, err
	}
	v, err := in.read()
	if err != nil {
		return nil, err
	}
	if v.empty() {
		return nil, invalidRequest("You must provide either SecretString or SecretBinary.")
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	found, err := s.living(r, r.call.Action(), in.SecretID)
	if err != nil {
		return nil, err
	}
	id := cmp.Or(in.ClientRequestToken, wire.NewUUID())
	if old := found.versions[id]; old != nil && !old.value.equal(v) {
		return nil, exists("You can't use ClientRequestToken " + id + " because that value is already in use for a version of secret " + found.arn + ".")
	} else if old == nil {
		labels := in.VersionStages
		if len(labels) == 0 {
			labels = []string{stageCurrent}
		}
		found.addVersion(id, v, labels)
	}
	return written{ARN: found.arn, Name: found.name, VersionID: id, VersionStages: found.stagesOf(id)}, nil
}
