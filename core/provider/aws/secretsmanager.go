package aws

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

const (
	// secretsInBatch is how many secrets BatchGetSecretValue takes.
	secretsInBatch = 20
	// secretsInPage is how many secrets ListSecrets gives at most.
	secretsInPage = 100
	// secretFilters is how many filters ListSecrets takes.
	secretFilters = 10
	// currentStage is the version that an empty Ref.Version means.
	currentStage = "AWSCURRENT"
	// versionIDPrefix marks a version that is an id and not a stage.
	versionIDPrefix = "uuid/"
	// deleted says in AWS's stead what it does not say of a secret's description: a secret that waits for its deletion is gone.
	deleted = "the secret is marked for deletion"
)

// filterable is what ListSecrets takes as the value of a filter, less the exclamation mark that would turn it round.
var filterable = regexp.MustCompile(`^[a-zA-Z0-9 :_@/+=.-][a-zA-Z0-9 :_@/+=.!-]{0,511}$`)

// secretsManager is the service SecretsManager.
type secretsManager struct {
	client *secretsmanager.Client
}

func newSecretsManager(config aws.Config, endpoint string, meter *provider.Meter) *reader {
	client := secretsmanager.NewFromConfig(config, func(o *secretsmanager.Options) {
		if endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
	})
	return &reader{service: secretsManager{client}, meter: meter, size: secretsInBatch}
}

// nameInBatch implements service: a batch gives current versions only.
func (secretsManager) nameInBatch(ref provider.Ref) (string, bool) {
	return ref.Key, isCurrent(ref) && !ref.Metadata
}

// readOne implements service.
func (m secretsManager) readOne(ctx context.Context, ref provider.Ref) provider.Answer {
	if ref.Metadata {
		return m.readTags(ctx, ref)
	}
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
	return secretValue(output.SecretString, output.SecretBinary, output.VersionId, output.CreatedDate)
}

func (m secretsManager) readTags(ctx context.Context, ref provider.Ref) provider.Answer {
	const op = "DescribeSecret"
	output, err := m.client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(ref.Key)})
	switch {
	case err != nil:
		return provider.Answer{Err: classify(op, err)}
	case output.DeletedDate != nil:
		return provider.Answer{Err: refusal(op, "InvalidRequestException", deleted, nil)}
	}
	return metadata(tagsOfSecret(output.Tags))
}

// readBatch implements service.
func (m secretsManager) readBatch(ctx context.Context, refs []provider.Ref) (map[provider.Ref]provider.Answer, error) {
	input := &secretsmanager.BatchGetSecretValueInput{}
	for _, ref := range refs {
		// An empty version and the stage it means are two refs of one secret.
		if !slices.Contains(input.SecretIdList, ref.Key) {
			input.SecretIdList = append(input.SecretIdList, ref.Key)
		}
	}
	answers := make(map[provider.Ref]provider.Answer, len(refs))
	for range refs { // each page brings at least one of them, or the service pages without end
		output, err := m.client.BatchGetSecretValue(ctx, input)
		if err != nil {
			return nil, classify("BatchGetSecretValue", err)
		}
		for _, ref := range refs {
			if _, ok := answers[ref]; ok {
				continue
			}
			if a, ok := lookUp(ref.Key, output.SecretValues, output.Errors); ok {
				answers[ref] = a
			}
		}
		if aws.ToString(output.NextToken) == "" || len(answers) == len(refs) {
			break
		}
		input.NextToken = output.NextToken
	}
	return answers, nil
}

// Find implements service. It goes through what ListSecrets gives, which leaves out secrets that wait for their deletion, and
// looks again at all that AWS's filters, prefixes that know nothing of each other, have let pass.
func (m secretsManager) Find(ctx context.Context, find *api.Find) ([]provider.Found, error) {
	s, err := newSearch(find)
	if err != nil {
		return nil, err
	}
	var names []string
	err = eachPage(func(token *string) (*string, error) {
		output, err := m.client.ListSecrets(ctx, &secretsmanager.ListSecretsInput{
			Filters: filters(s), MaxResults: aws.Int32(secretsInPage), NextToken: token,
		})
		if err != nil {
			return nil, needs(classify("ListSecrets", err),
				`find needs secretsmanager:ListSecrets, which IAM permits for the resource "*" only`)
		}
		for _, entry := range output.SecretList {
			name := aws.ToString(entry.Name)
			if entry.DeletedDate == nil && strings.HasPrefix(name, s.path) && s.hasTags(tagsOfSecret(entry.Tags)) {
				names = append(names, name)
			}
		}
		return output.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	return s.found(names), nil
}

// filters narrow a search as far as the service can. None leaves out a secret that matches.
func filters(s search) []types.Filter {
	var all []types.Filter
	add := func(key types.FilterNameStringType, value string) {
		if len(all) < secretFilters && filterable.MatchString(value) {
			all = append(all, types.Filter{Key: key, Values: []string{value}})
		}
	}
	add(types.FilterNameStringTypeName, s.start())
	for _, key := range s.tagKeys() {
		add(types.FilterNameStringTypeTagKey, key)
		add(types.FilterNameStringTypeTagValue, s.tags[key])
	}
	return all
}

// lookUp finds the answer for id in a page of a batch.
func lookUp(id string, values []types.SecretValueEntry, failures []types.APIErrorType) (provider.Answer, bool) {
	for _, v := range values {
		if id == aws.ToString(v.Name) || isARNOf(id, aws.ToString(v.ARN)) {
			return secretValue(v.SecretString, v.SecretBinary, v.VersionId, v.CreatedDate), true
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

// secretValue is the answer for a version of a secret, which was written at changed.
func secretValue(text *string, binary []byte, version *string, changed *time.Time) provider.Answer {
	answer := provider.Answer{Version: aws.ToString(version), Changed: aws.ToTime(changed)}
	switch {
	case text != nil:
		answer.Value = secret.FromString(*text)
	case binary != nil:
		answer.Value = secret.New(binary)
	default:
		answer.Err = &provider.Error{Kind: provider.Invalid, Op: "GetSecretValue", Message: "the secret holds neither a string nor binary data"}
	}
	return answer
}

func tagsOfSecret(list []types.Tag) map[string]string {
	tags := make(map[string]string, len(list))
	for _, tag := range list {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return tags
}

func isCurrent(ref provider.Ref) bool { return ref.Version == "" || ref.Version == currentStage }
