package aws

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go/logging"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const (
	// annotationRole and annotationAudience are set on a service account by IAM roles for service accounts (IRSA).
	annotationRole     = "eks.amazonaws.com/role-arn"
	annotationAudience = "eks.amazonaws.com/audience"
	defaultAudience    = "sts.amazonaws.com"
	// sessionName is what CloudTrail shows of a login, and what AWS's refusals quote; trust policies written for ESO may demand it
	// of a web identity. It is the same in every run, so that the same refusal reads the same twice.
	sessionName = "external-secrets-provider-aws"
)

// login builds the chain of credentials in the order of the spec (a service account, static keys, or what the process
// has; then additionalRoles; then role) and retrieves the last link, so that a wrong link fails here and once.
func (p Provider) login(ctx context.Context, store provider.Store, spec *api.AWSProvider, source provider.Credentials, meter *provider.Meter) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithRegion(spec.Region), config.WithAppID(appID), config.WithAPIOptions(metered(meter)),
		// The SDK would log to standard error, past the log of the program, and quote what the service has sent.
		config.WithLogger(logging.Nop{}),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(cmp.Or(p.Timeout, answerWithin))),
	}
	static, err := p.staticKeys(ctx, store, spec, source)
	if err != nil {
		return aws.Config{}, err
	}
	fromService := spec.Auth.JWT != nil && spec.Auth.JWT.ServiceAccountRef != nil
	if (static != nil || fromService) && p.Getenv("AWS_PROFILE") == "" {
		// The caller's own configuration must not leak into a store that names its identity. A profile that was asked for must
		// be found, though, or the SDK fails; its credentials do not matter, since those of the store come first.
		options = append(options, config.WithSharedConfigFiles([]string{}), config.WithSharedCredentialsFiles([]string{}))
	}
	if static != nil {
		options = append(options, config.WithCredentialsProvider(static))
	}
	if fromService {
		options = append(options, config.WithCredentialsProvider(aws.AnonymousCredentials{}))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, &provider.Error{Kind: provider.Unauthenticated, Op: "LoadConfig", Message: stable(err), Cause: err,
			Hint: "check AWS_PROFILE and the AWS configuration files of the process"}
	}
	cfg.HTTPClient = calmClient{cfg.HTTPClient}
	if fromService {
		if err := p.webIdentity(ctx, &cfg, store, spec.Auth.JWT.ServiceAccountRef, source); err != nil {
			return aws.Config{}, err
		}
	}
	p.assumeRoles(&cfg, spec, sessionTags(store, spec))
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return aws.Config{}, classify(opLogin, err)
	}
	return cfg, nil
}

func (p Provider) staticKeys(ctx context.Context, store provider.Store, spec *api.AWSProvider, source provider.Credentials) (aws.CredentialsProvider, error) {
	ref := spec.Auth.SecretRef
	if ref == nil || (spec.Auth.JWT != nil && spec.Auth.JWT.ServiceAccountRef != nil) {
		return nil, nil
	}
	read := func(field string, s *api.SecretKeySelector) (string, error) {
		if s == nil || s.Name == "" || s.Key == "" {
			return "", invalid("spec.provider.aws.auth.secretRef.%s must name a Secret and a key", field)
		}
		value, err := source.Secret(ctx, store.AuthNamespace(s.Namespace), s.Name, s.Key)
		if err != nil {
			return "", fmt.Errorf("read spec.provider.aws.auth.secretRef.%s: %w", field, err)
		}
		return string(value.Reveal()), nil
	}
	id, err := read("accessKeyIDSecretRef", ref.AccessKeyID)
	if err != nil {
		return nil, err
	}
	key, err := read("secretAccessKeySecretRef", ref.SecretAccessKey)
	if err != nil {
		return nil, err
	}
	token := ""
	if ref.SessionToken != nil {
		if token, err = read("sessionTokenSecretRef", ref.SessionToken); err != nil {
			return nil, err
		}
	}
	return credentials.NewStaticCredentialsProvider(id, key, token), nil
}

// webIdentity trades a token of the service account for the role that its annotation names.
func (p Provider) webIdentity(ctx context.Context, cfg *aws.Config, store provider.Store, ref *api.ServiceAccountSelector, source provider.Credentials) error {
	namespace := store.AuthNamespace(ref.Namespace)
	annotations, err := source.ServiceAccount(ctx, namespace, ref.Name)
	if err != nil {
		return fmt.Errorf("read spec.provider.aws.auth.jwt.serviceAccountRef: %w", err)
	}
	role := annotations[annotationRole]
	if role == "" {
		return invalid("service account %s/%s has no annotation %s: it names the role to assume", namespace, ref.Name, annotationRole)
	}
	audience := annotations[annotationAudience]
	if audience == "" {
		audience = defaultAudience
	}
	token, _, err := source.Token(ctx, namespace, ref.Name, append([]string{audience}, ref.Audiences...))
	if err != nil {
		return fmt.Errorf("mint a token for spec.provider.aws.auth.jwt.serviceAccountRef: %w", err)
	}
	cfg.Credentials = aws.NewCredentialsCache(stscreds.NewWebIdentityRoleProvider(p.sts(*cfg), role, identityToken(token.Reveal()),
		func(o *stscreds.WebIdentityRoleOptions) { o.RoleSessionName = sessionName }))
	return nil
}

// identityToken is a token that was minted already, in the form in which the SDK asks for one.
type identityToken []byte

func (t identityToken) GetIdentityToken() ([]byte, error) { return t, nil }

// assumeRoles chains the roles, each behind a cache of its own: without one every signed request would assume the role again.
func (p Provider) assumeRoles(cfg *aws.Config, spec *api.AWSProvider, tags map[string]string) {
	assume := func(arn string, options func(*stscreds.AssumeRoleOptions)) {
		named := func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = sessionName }
		cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(p.sts(*cfg), arn, named, options))
	}
	for _, arn := range spec.AdditionalRoles {
		assume(arn, func(*stscreds.AssumeRoleOptions) {})
	}
	if spec.Role == "" {
		return
	}
	assume(spec.Role, func(o *stscreds.AssumeRoleOptions) {
		if spec.ExternalID != "" {
			o.ExternalID = aws.String(spec.ExternalID)
		}
		for key, value := range tags {
			o.Tags = append(o.Tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
		}
		o.TransitiveTagKeys = spec.TransitiveTagKeys
	})
}

func (p Provider) sts(cfg aws.Config) *sts.Client {
	return sts.NewFromConfig(cfg, func(o *sts.Options) {
		if endpoint := p.Getenv("AWS_STS_ENDPOINT"); endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
	})
}

// sessionTags are the tags of the last role's session under the store's sessionTagsPolicy.
func sessionTags(store provider.Store, spec *api.AWSProvider) map[string]string {
	tags := map[string]string{}
	if spec.SessionTagsPolicy == api.AWSSessionTagsNone || spec.SessionTagsPolicy == "" {
		for _, tag := range spec.SessionTags {
			tags[tag.Key] = tag.Value
		}
		return tags
	}
	if spec.SessionTagsPolicy == api.AWSSessionTagsCustom {
		for key, value := range spec.CustomSessionTags {
			if key != "" && value != "" {
				tags[key] = value
			}
		}
	}
	tags["esoNamespace"] = store.Consumer
	tags["esoStoreName"] = store.Name
	tags["esoStoreKind"] = store.Kind
	return tags
}

// credentialsOf are what login may read for this store and consumer.
func credentialsOf(store provider.Store, spec *api.AWSProvider) []provider.CredentialRef {
	if jwt := spec.Auth.JWT; jwt != nil && jwt.ServiceAccountRef != nil {
		namespace := store.AuthNamespace(jwt.ServiceAccountRef.Namespace)
		return []provider.CredentialRef{
			{Kind: provider.CredentialServiceAccount, Namespace: namespace, Name: jwt.ServiceAccountRef.Name},
			{Kind: provider.CredentialToken, Namespace: namespace, Name: jwt.ServiceAccountRef.Name},
		}
	}
	var refs []provider.CredentialRef
	if ref := spec.Auth.SecretRef; ref != nil {
		for _, s := range []*api.SecretKeySelector{ref.AccessKeyID, ref.SecretAccessKey, ref.SessionToken} {
			if s != nil && s.Name != "" {
				refs = append(refs, provider.CredentialRef{
					Kind: provider.CredentialSecret, Namespace: store.AuthNamespace(s.Namespace), Name: s.Name,
				})
			}
		}
	}
	return refs
}
