// Package aws reads AWS Secrets Manager and the Parameter Store of AWS Systems Manager. What is here knows the AWS SDK and the
// aws part of a store's spec; which secrets are wanted, and what becomes of them, is the pipeline's.
package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const (
	// attempts is how often a request is tried in all where the store does not say.
	attempts = 6
	// maxBackoff bounds the jittered wait between two attempts.
	maxBackoff = 20 * time.Second
	// answerWithin is how long one attempt may take: without a limit an endpoint that accepts and stays silent would hold up the
	// pass for ever.
	answerWithin = 30 * time.Second
	// appID marks our requests in CloudTrail's user agent.
	appID = "kubectl-externalsecret"
)

// Provider serves spec.provider.aws.
type Provider struct {
	// Getenv is how it sees the process's environment (os.Getenv).
	Getenv func(string) string
	// Timeout is how long one attempt of a request may take; zero means 30 s.
	Timeout time.Duration
}

// Locate implements provider.Provider. The identity is the spec without its prefix, what its references resolve to, and the
// session tags.
func (p Provider) Locate(store provider.Store) (provider.Location, error) {
	spec, err := decode(store)
	if err != nil {
		return provider.Location{}, err
	}
	if _, err := retryerOf(store); err != nil {
		return provider.Location{}, err
	}
	prefix := spec.Prefix
	spec.Prefix = ""
	credentials := credentialsOf(store, spec)
	identity, err := json.Marshal(struct {
		Spec        *api.AWSProvider
		Credentials []provider.CredentialRef
		Tags        map[string]string
		Retry       *api.StoreRetrySettings
	}{spec, credentials, sessionTags(store, spec), store.Retry})
	if err != nil {
		return provider.Location{}, fmt.Errorf("encode the store's identity: %w", err)
	}
	place, login := factsOf(spec, prefix), loginOf(spec)
	return provider.Location{Identity: string(identity), Credentials: credentials, Place: place, Login: login, Finds: finds, Ref: func(remote *api.RemoteRef) provider.Ref {
		ref := provider.Ref{Key: prefix + remote.Key, Version: remote.Version}
		switch {
		case remote.MetadataPolicy == api.MetadataPolicyFetch:
			ref.Metadata, ref.Version = true, "" // tags are the secret's, not those of one of its versions
		case spec.Service == api.AWSSecretsManagerService && ref.Version == currentStage:
			ref.Version = "" // the same secret in other words
		}
		return ref
	}}, nil
}

// Open implements provider.Provider. It obtains the credentials once; every read of the run uses them.
func (p Provider) Open(ctx context.Context, store provider.Store, credentials provider.Credentials) (provider.Reader, error) {
	spec, err := decode(store)
	if err != nil {
		return nil, err
	}
	meter := &provider.Meter{}
	retryer, err := retryerOf(store)
	if err != nil {
		return nil, err
	}
	config, err := p.login(ctx, store, spec, credentials, meter)
	if err != nil {
		return nil, err
	}
	config.Retryer = retryer
	var reader *reader
	if spec.Service == api.AWSParameterStoreService {
		reader = newParameterStore(config, p.Getenv("AWS_SSM_ENDPOINT"), meter)
	} else {
		reader = newSecretsManager(config, p.Getenv("AWS_SECRETSMANAGER_ENDPOINT"), meter)
	}
	reader.caller = p.sts(config)
	return reader, nil
}

func decode(store provider.Store) (*api.AWSProvider, error) {
	var spec api.AWSProvider
	if err := json.Unmarshal(store.Spec, &spec); err != nil {
		return nil, invalid("spec.provider.aws can't be read: %v", err)
	}
	switch {
	case spec.Region == "":
		return nil, invalid("spec.provider.aws.region is missing")
	case spec.Service == "":
		return nil, invalid("spec.provider.aws.service is missing: %s or %s", api.AWSSecretsManagerService, api.AWSParameterStoreService)
	case spec.Service != api.AWSSecretsManagerService && spec.Service != api.AWSParameterStoreService:
		return nil, &provider.Error{Kind: provider.Unsupported, Message: fmt.Sprintf(
			"spec.provider.aws.service %q is not supported: only %s and %s are", spec.Service, api.AWSSecretsManagerService, api.AWSParameterStoreService)}
	case spec.Auth.JWT != nil && spec.Auth.JWT.ServiceAccountToken != "":
		return nil, invalid("spec.provider.aws.auth.jwt.serviceAccountToken must be empty: a token does not belong in a manifest; use serviceAccountRef")
	}
	return &spec, nil
}

func invalid(format string, args ...any) error {
	return &provider.Error{Kind: provider.Invalid, Message: fmt.Sprintf(format, args...)}
}

// retryerOf follows the store's retrySettings: maxRetries is the number of attempts and retryInterval a fixed wait; where
// they are absent waits grow with jitter.
func retryerOf(store provider.Store) (func() aws.Retryer, error) {
	retries, err := provider.Retries{Attempts: attempts, Counts: provider.CountsAttempts}.Of(store)
	if err != nil {
		return nil, err
	}
	return func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = retries.Attempts
			o.MaxBackoff = maxBackoff
			o.Retryables = slices.Insert(o.Retryables, 0, retry.IsErrorRetryable(retry.IsErrorRetryableFunc(isRetryable)))
			if interval := retries.Fixed; interval > 0 {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return interval, nil })
			}
		})
	}, nil
}

// isRetryable keeps the SDK from asking a server again that is not trusted, which it takes for a connection that failed. All else is for it
// to say.
func isRetryable(err error) aws.Ternary {
	if provider.Unverified(err) {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}
