package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

const (
	// batchSize is how many secrets BatchGetSecretValue takes.
	batchSize = 20
	// currentStage is the version that an empty Ref.Version means.
	currentStage = "AWSCURRENT"
	// versionIDPrefix marks a version that is an id and not a stage.
	versionIDPrefix = "uuid/"
)

// secretsManager reads one region as one identity.
type secretsManager struct {
	client   *secretsmanager.Client
	requests *counter

	mu sync.Mutex
	// unbatched is set once the batch action turns out not to be permitted.
	unbatched bool
	notes     []string
}

func newSecretsManager(config aws.Config, endpoint string, requests *counter) *secretsManager {
	client := secretsmanager.NewFromConfig(config, func(o *secretsmanager.Options) {
		if endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
	})
	return &secretsManager{client: client, requests: requests}
}

// Plan implements provider.Reader: current versions twenty at a time, others one by one, since a batch can't ask for them.
func (m *secretsManager) Plan(refs []provider.Ref) [][]provider.Ref {
	var groups [][]provider.Ref
	open := -1 // the group that still has room
	for _, ref := range refs {
		switch {
		case !isCurrent(ref):
			groups = append(groups, []provider.Ref{ref})
		case open >= 0 && len(groups[open]) < batchSize:
			groups[open] = append(groups[open], ref)
		default:
			groups = append(groups, []provider.Ref{ref})
			open = len(groups) - 1
		}
	}
	return groups
}

// Read implements provider.Reader.
func (m *secretsManager) Read(ctx context.Context, group []provider.Ref) []provider.Answer {
	if len(group) == 1 || m.isUnbatched() {
		return m.readEach(ctx, group)
	}
	answers, err := m.readBatch(ctx, group)
	switch kind := provider.KindOf(err); {
	case err == nil:
		return answers
	case kind == provider.Unsupported || isDenial(err):
		m.stopBatching(err)
		return m.readEach(ctx, group)
	case kind == provider.Invalid || kind == provider.NotFound || kind == provider.Denied:
		// One ref that the service won't parse, find or decrypt fails the whole batch: single reads tell which.
		return m.readEach(ctx, group)
	default:
		return same(len(group), err)
	}
}

// Stats implements provider.Reader.
func (m *secretsManager) Stats() provider.Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return provider.Stats{Requests: m.requests.snapshot(), Notes: m.notes}
}

func (m *secretsManager) readEach(ctx context.Context, group []provider.Ref) []provider.Answer {
	answers := make([]provider.Answer, len(group))
	for i, ref := range group {
		answers[i] = m.readOne(ctx, ref)
	}
	return answers
}

func (m *secretsManager) readOne(ctx context.Context, ref provider.Ref) provider.Answer {
	input := &secretsmanager.GetSecretValueInput{SecretId: aws.String(ref.Key)}
	switch id, isID := strings.CutPrefix(ref.Version, versionIDPrefix); {
	case isID:
		input.VersionId = aws.String(id)
	case isCurrent(ref):
		input.VersionStage = aws.String(currentStage)
	default:
		input.VersionStage = aws.String(ref.Version)
	}
	output, err := m.client.GetSecretValue(ctx, input)
	if err != nil {
		return provider.Answer{Err: classify("GetSecretValue", err)}
	}
	return answer(output.SecretString, output.SecretBinary)
}

// readBatch reads current versions in one request, or more where the service pages its answer. An error is the batch's own;
// what fails for one secret is that secret's answer.
func (m *secretsManager) readBatch(ctx context.Context, group []provider.Ref) ([]provider.Answer, error) {
	var ids []string // distinct: an empty version and the stage it means are two refs of one secret
	for _, ref := range group {
		if id := ref.Key; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	answers := make(map[string]provider.Answer, len(ids))
	input := &secretsmanager.BatchGetSecretValueInput{SecretIdList: ids}
	for range len(ids) { // each page brings at least one of them, or the service pages without end
		output, err := m.client.BatchGetSecretValue(ctx, input)
		if err != nil {
			return nil, classify("BatchGetSecretValue", err)
		}
		for _, id := range ids {
			if _, ok := answers[id]; ok {
				continue
			}
			if a, ok := find(id, output.SecretValues, output.Errors); ok {
				answers[id] = a
			}
		}
		if aws.ToString(output.NextToken) == "" || len(answers) == len(ids) {
			break
		}
		input.NextToken = output.NextToken
	}
	result := make([]provider.Answer, len(group))
	for i, ref := range group {
		id := ref.Key
		if a, ok := answers[id]; !ok || isTransient(a.Err) {
			// Silence is not absence, and a passing fault of one secret in a batch was not retried: ask for it alone.
			answers[id] = m.readOne(ctx, ref)
		}
		result[i] = answers[id]
	}
	return result, nil
}

// find looks the answer for id up in a page of a batch.
func find(id string, values []types.SecretValueEntry, failures []types.APIErrorType) (provider.Answer, bool) {
	for _, v := range values {
		if id == aws.ToString(v.Name) || isARNOf(id, aws.ToString(v.ARN)) {
			return answer(v.SecretString, v.SecretBinary), true
		}
	}
	for _, f := range failures {
		if failed := aws.ToString(f.SecretId); id == failed || isARNOf(id, failed) {
			// In the same words as a single read: how many secrets a run reads must not change what it says about one.
			return provider.Answer{Err: refusal("GetSecretValue", aws.ToString(f.ErrorCode), aws.ToString(f.Message), nil)}, true
		}
	}
	return provider.Answer{}, false
}

// isARNOf tells whether id is arn, or arn without the six random characters that end it.
func isARNOf(id, arn string) bool {
	const suffix = len("-abcdef")
	return id == arn || (len(arn) > suffix && id == arn[:len(arn)-suffix])
}

func answer(text *string, binary []byte) provider.Answer {
	switch {
	case text != nil:
		return provider.Answer{Value: secret.FromString(*text)}
	case binary != nil:
		return provider.Answer{Value: secret.New(binary)}
	default:
		return provider.Answer{Err: &provider.Error{Kind: provider.Invalid, Op: "GetSecretValue", Message: "the secret holds neither a string nor binary data"}}
	}
}

func same(n int, err error) []provider.Answer {
	answers := make([]provider.Answer, n)
	for i := range answers {
		answers[i] = provider.Answer{Err: err}
	}
	return answers
}

func isCurrent(ref provider.Ref) bool { return ref.Version == "" || ref.Version == currentStage }

func (m *secretsManager) isUnbatched() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.unbatched
}

// stopBatching makes the rest of the run read one by one, and says so once.
func (m *secretsManager) stopBatching(cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.unbatched {
		return
	}
	m.unbatched = true
	m.notes = append(m.notes, fmt.Sprintf("secrets are read one by one, up to %d times the requests: %v", batchSize, cause))
}
