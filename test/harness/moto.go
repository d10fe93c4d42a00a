package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"
)

// MotoEndpoint is moto, an emulator of AWS by other people, behind a gate that checks signatures and offers AWSDoor. Any role can be
// assumed by anybody, and Counters.Errors has the gate's refusals only. Where moto differs from AWS stands in test/awsfake/contract.
type MotoEndpoint struct {
	AWSDoor
}

// Moto starts a moto of its own for a test; it stops when the test ends. Where there is none the test is skipped, or fails when
// REQUIRE_MOTO is set: test/moto/get.sh fetches it into the user's cache, or MOTO_DIR says where it is.
func Moto(t testing.TB) *MotoEndpoint {
	t.Helper()
	Need(t)
	dir, err := findMoto()
	if err != nil {
		message := t.Name() + " IS NOT RUN AGAINST MOTO: " + err.Error()
		if os.Getenv("REQUIRE_MOTO") != "" {
			t.Fatal(message)
		}
		fmt.Fprintln(os.Stderr, message)
		t.Skip(message)
	}
	m := &MotoEndpoint{startDoor(t, "./cmd/awsgate", "-moto", dir)}
	m.Key(t, adminKey())
	return m
}

// findMoto is where moto is. The error says that it is nowhere.
func findMoto() (dir string, err error) {
	if dir = os.Getenv("MOTO_DIR"); dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find the user's cache directory: %w", err)
		}
		dir = filepath.Join(cache, "kubectl-externalsecret", "moto")
	}
	if _, err := os.Stat(filepath.Join(dir, "serve")); err != nil {
		return "", fmt.Errorf("there is none in %s; test/moto/get.sh fetches it", dir)
	}
	return dir, nil
}

// Put stores a secret in AWSRegion, as a new current version when it exists. Unlike Endpoint's it goes through the API; the counters
// are not to be trusted across it.
func (m *MotoEndpoint) Put(t testing.TB, name, value string) {
	t.Helper()
	client := secretsmanager.New(secretsmanager.Options{Region: AWSRegion, BaseEndpoint: aws.String(m.URL()), Credentials: adminCredentials()})
	ctx := context.WithoutCancel(t.Context())
	_, err := client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: &value})
	var exists *types.ResourceExistsException
	if errors.As(err, &exists) {
		_, err = client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &name, SecretString: &value})
	}
	require.NoError(t, err)
}

// PutParameter stores a secure string in AWSRegion, as a new version when it exists. It goes through the API, as Put does.
func (m *MotoEndpoint) PutParameter(t testing.TB, name, value string) {
	t.Helper()
	client := ssm.New(ssm.Options{Region: AWSRegion, BaseEndpoint: aws.String(m.URL()), Credentials: adminCredentials()})
	_, err := client.PutParameter(context.WithoutCancel(t.Context()), &ssm.PutParameterInput{
		Name: &name, Value: &value, Type: ssmtypes.ParameterTypeSecureString, Overwrite: aws.Bool(true),
	})
	require.NoError(t, err)
}

func adminCredentials() aws.CredentialsProvider {
	admin := adminKey()
	return credentials.NewStaticCredentialsProvider(admin.ID, admin.Secret, "")
}
