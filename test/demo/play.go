package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

const remoteName = "my-app/database-credentials"

// remote is a client of the endpoint, in a region.
func (s *stage) remote(ctx context.Context, region string) (*secretsmanager.Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithBaseEndpoint(s.endpoint),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(accessKey, secretKey, "")))
	if err != nil {
		return nil, fmt.Errorf("configure the AWS client: %w", err)
	}
	return secretsmanager.NewFromConfig(cfg), nil
}

// store makes a remote secret.
func (s *stage) store(ctx context.Context, region, name, value string) error {
	remote, err := s.remote(ctx, region)
	if err != nil {
		return err
	}
	if _, err := remote.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String(name), SecretString: aws.String(value)}); err != nil {
		return fmt.Errorf("create the remote secret: %w", err)
	}
	return nil
}

// play is the demonstration itself, in the order in which a person would do it.
func play(ctx context.Context, s *stage) error {
	s.say("Somebody stores the credentials in AWS Secrets Manager, as %s: a user name and a password.", remoteName)
	if err := s.store(ctx, region, remoteName, `{"username":"app","password":"first-password"}`); err != nil {
		return err
	}
	remote, err := s.remote(ctx, region)
	if err != nil {
		return err
	}
	s.say("A store, an ExternalSecret and a Pod that uses its Secret:")
	if err := s.show(ctx, "kubectl", "apply", "-f", "docs/examples/seed.yaml"); err != nil {
		return err
	}
	s.say("Nothing runs in the cluster. The plugin does the work when asked:")
	for _, command := range [][]string{
		{"kubectl", "externalsecret", "refresh", "database-credentials-secret"},
		{"kubectl", "externalsecret", "status"},
		{"kubectl", "describe", "secret", "database-credentials"},
	} {
		if err := s.show(ctx, command...); err != nil {
			return err
		}
	}
	s.say("The password is rotated in AWS. A refresh brings it, and says what changed. Before that, diff shows what would, without the values:")
	_, err = remote.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: aws.String(remoteName), SecretString: aws.String(`{"username":"app","password":"second-and-longer-password"}`),
	})
	if err != nil {
		return fmt.Errorf("rotate the remote secret: %w", err)
	}
	if err := s.showExit(ctx, 1, "kubectl", "externalsecret", "diff", "--all"); err != nil {
		return err
	}
	for _, command := range [][]string{
		{"kubectl", "externalsecret", "refresh", "--all"},
		{"kubectl", "externalsecret", "refresh", "--all"},
		{"kubectl", "externalsecret", "status", "database-credentials-secret"},
	} {
		if err := s.show(ctx, command...); err != nil {
			return err
		}
	}
	s.say("At night somebody deletes the secret in AWS. The Secret stays, a refresh fails, and it can be explained at which step, why, and who can mend it:")
	if _, err := remote.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: aws.String(remoteName)}); err != nil {
		return fmt.Errorf("delete the remote secret: %w", err)
	}
	if err := s.showExit(ctx, 1, "kubectl", "externalsecret", "explain", "database-credentials-secret"); err != nil {
		return err
	}
	if _, err := remote.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: aws.String(remoteName)}); err != nil {
		return fmt.Errorf("restore the remote secret: %w", err)
	}
	s.say("The same pass as a CronJob makes it, over the whole cluster:")
	return s.show(ctx, "externalsecret-runner")
}
