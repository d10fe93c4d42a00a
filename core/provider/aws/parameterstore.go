package aws

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

const (
	// parametersInBatch is how many parameters GetParameters takes, and how many GetParametersByPath gives.
	parametersInBatch = 10
	// descriptionsInPage is how many parameters DescribeParameters gives at most.
	descriptionsInPage = 50
	// rootPath has all parameters below it, those without a path too.
	rootPath = "/"
)

// isPath tells whether a text may begin the names of parameters.
var isPath = regexp.MustCompile(`^/[a-zA-Z0-9_./-]*$`)

// parameterStore is the service ParameterStore.
type parameterStore struct {
	client *ssm.Client
}

func newParameterStore(config aws.Config, endpoint string, meter *provider.Meter) *reader {
	client := ssm.NewFromConfig(config, func(o *ssm.Options) {
		if endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
	})
	return &reader{service: parameterStore{client}, meter: meter, size: parametersInBatch, allOrNone: true}
}

// nameInBatch implements service: versions and labels of one parameter go into different batches, where the name alone tells
// which answer is whose.
func (parameterStore) nameInBatch(ref provider.Ref) (string, bool) {
	return bareName(ref.Key), !ref.Metadata
}

// readOne implements service.
func (p parameterStore) readOne(ctx context.Context, ref provider.Ref) provider.Answer {
	if ref.Metadata {
		return p.readTags(ctx, ref)
	}
	output, err := p.client.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(selected(ref)), WithDecryption: aws.Bool(true)})
	if err != nil {
		return provider.Answer{Err: classify("GetParameter", err)}
	}
	return parameterValue(output.Parameter)
}

func (p parameterStore) readTags(ctx context.Context, ref provider.Ref) provider.Answer {
	output, err := p.client.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{
		ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: aws.String(ref.Key),
	})
	if err != nil {
		return provider.Answer{Err: classify("ListTagsForResource", err)}
	}
	tags := make(map[string]string, len(output.TagList))
	for _, tag := range output.TagList {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return metadata(tags)
}

// readBatch implements service.
func (p parameterStore) readBatch(ctx context.Context, refs []provider.Ref) (map[provider.Ref]provider.Answer, error) {
	input := &ssm.GetParametersInput{WithDecryption: aws.Bool(true)}
	for _, ref := range refs {
		input.Names = append(input.Names, selected(ref))
	}
	output, err := p.client.GetParameters(ctx, input)
	if err != nil {
		return nil, classify("GetParameters", err)
	}
	answers := make(map[provider.Ref]provider.Answer, len(refs))
	for i, ref := range refs {
		at := slices.IndexFunc(output.Parameters, func(got types.Parameter) bool {
			return bareName(aws.ToString(got.Name)) == bareName(ref.Key)
		})
		switch {
		case at >= 0:
			answers[ref] = parameterValue(&output.Parameters[at])
		case slices.Contains(output.InvalidParameters, input.Names[i]) && !hasSelector(input.Names[i]):
			// In the same words as a single read. Only that can tell whether a parameter or its version is missing.
			answers[ref] = provider.Answer{Err: refusal("GetParameter", "ParameterNotFound", "", nil)}
		}
	}
	return answers, nil
}

// Find implements service. Without tags it goes through GetParametersByPath, which IAM can permit for a path; with tags, or
// where that is denied, through DescribeParameters. Values are not asked for, so that no key is needed for what does not match.
func (p parameterStore) Find(ctx context.Context, find *api.Find) ([]provider.Found, error) {
	s, err := newSearch(find)
	if err != nil {
		return nil, err
	}
	list := p.listByPath
	if len(s.tags) > 0 {
		list = p.describe
	}
	names, err := list(ctx, s)
	if isDenial(err) && len(s.tags) == 0 {
		var denied error
		if names, denied = p.describe(ctx, s); !isDenial(denied) {
			err = denied
		}
	}
	if err != nil {
		return nil, needs(err, `find needs ssm:GetParametersByPath for its path or, with tags or instead, ssm:DescribeParameters for the resource "*"`)
	}
	return s.found(names), nil
}

func (p parameterStore) listByPath(ctx context.Context, s search) (names []string, err error) {
	err = eachPage(func(token *string) (*string, error) {
		output, err := p.client.GetParametersByPath(ctx, &ssm.GetParametersByPathInput{
			Path: aws.String(pathOf(s)), Recursive: aws.Bool(true), MaxResults: aws.Int32(parametersInBatch), NextToken: token,
		})
		if err != nil {
			return nil, classify("GetParametersByPath", err)
		}
		for _, got := range output.Parameters {
			names = append(names, aws.ToString(got.Name))
		}
		return output.NextToken, nil
	})
	return names, err
}

func (p parameterStore) describe(ctx context.Context, s search) (names []string, err error) {
	var filters []types.ParameterStringFilter
	add := func(key, option, value string) {
		filters = append(filters, types.ParameterStringFilter{Key: aws.String(key), Option: aws.String(option), Values: []string{value}})
	}
	if path := strings.TrimRight(pathOf(s), "/"); path != "" {
		add("Path", "Recursive", path)
	}
	for _, key := range s.tagKeys() {
		add("tag:"+key, "Equals", s.tags[key])
	}
	err = eachPage(func(token *string) (*string, error) {
		output, err := p.client.DescribeParameters(ctx, &ssm.DescribeParametersInput{
			ParameterFilters: filters, MaxResults: aws.Int32(descriptionsInPage), NextToken: token,
		})
		if err != nil {
			return nil, classify("DescribeParameters", err)
		}
		for _, got := range output.Parameters {
			names = append(names, aws.ToString(got.Name))
		}
		return output.NextToken, nil
	})
	return names, err
}

// pathOf is the path to search: the one that was asked for, or the narrowest in which all names are that can match.
func pathOf(s search) string {
	switch {
	case s.path != "":
		return s.path
	case isPath.MatchString(s.opening):
		return s.opening[:strings.LastIndex(s.opening, "/")+1]
	default:
		return rootPath
	}
}

// selected is the name by which AWS knows a ref: the parameter and, after a colon, its version or label.
func selected(ref provider.Ref) string {
	if ref.Version == "" {
		return ref.Key
	}
	return ref.Key + ":" + ref.Version
}

// hasSelector tells whether a name ends in a version or label.
func hasSelector(name string) bool {
	return strings.LastIndex(name, ":") > strings.LastIndex(name, "/")
}

// bareName is the parameter that a name or an ARN is about, without its version or label, account and leading slash.
func bareName(name string) string {
	if hasSelector(name) {
		name = name[:strings.LastIndex(name, ":")]
	}
	if strings.HasPrefix(name, "arn:") {
		_, name, _ = strings.Cut(name, ":parameter")
	}
	return strings.TrimPrefix(name, "/")
}

func parameterValue(parameter *types.Parameter) provider.Answer {
	if parameter == nil || parameter.Value == nil {
		return provider.Answer{Err: &provider.Error{Kind: provider.Invalid, Op: "GetParameter", Message: "the parameter holds no value"}}
	}
	return provider.Answer{
		Value: secret.FromString(*parameter.Value), Version: strconv.FormatInt(parameter.Version, 10), Changed: aws.ToTime(parameter.LastModifiedDate),
	}
}
