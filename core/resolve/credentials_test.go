package resolve_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// vault holds one Secret, "keys" in "shop", and one service account.
type vault struct {
	err error

	mu   sync.Mutex
	gets int
}

func (v *vault) GetSecret(_ context.Context, namespace, name string) (*corev1.Secret, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.gets++
	switch {
	case v.err != nil:
		return nil, v.err
	case namespace != "shop" || name != "keys":
		return nil, fmt.Errorf("get secret: %w", notFound())
	}
	return &corev1.Secret{Data: map[string][]byte{"id": []byte("AKIA-canary"), "secret": []byte("canary-secret"), "empty": {}}}, nil
}

func (v *vault) ServiceAccount(_ context.Context, namespace, name string) (map[string]string, error) {
	switch {
	case v.err != nil:
		return nil, v.err
	case namespace != "shop" || name != "sa":
		return nil, notFound()
	}
	return map[string]string{"role": "r"}, nil
}

func (v *vault) Token(_ context.Context, namespace, name string, audiences []string) (string, time.Time, error) {
	if v.err != nil {
		return "", time.Time{}, v.err
	}
	return strings.Join(append([]string{"token", namespace, name}, audiences...), "-"), now, nil
}

func (v *vault) ConfigMap(_ context.Context, namespace, name string) (map[string]string, error) {
	switch {
	case v.err != nil:
		return nil, v.err
	case namespace != "shop" || name != "ca":
		return nil, notFound()
	}
	return map[string]string{"ca.crt": "pem", "more": ""}, nil
}

func (v *vault) APIServer() *rest.Config { return &rest.Config{Host: "https://own.example"} }

func TestCredentialsSecret(t *testing.T) {
	t.Run("reads a Secret once for all its keys and askers", func(t *testing.T) {
		v := &vault{}
		c := resolve.NewCredentials(v)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for key, want := range map[string]string{"id": "AKIA-canary", "secret": "canary-secret", "empty": ""} {
					got, err := c.Secret(t.Context(), "shop", "keys", key)
					if assert.NoError(t, err) {
						assert.Equal(t, want, string(got.Reveal()))
					}
				}
			})
		}
		group.Wait()
		assert.Equal(t, 1, v.gets)
	})
	for name, tc := range map[string]struct {
		namespace, secret, key string
		err                    error
		want                   string
	}{
		"a key that is missing":         {"shop", "keys", "password", nil, `Secret "keys" in namespace "shop" has no key "password"; its keys are: empty, id, secret`},
		"a Secret that is missing":      {"shop", "nope", "id", nil, `there is no Secret "nope" in namespace "shop"`},
		"a Secret that may not be read": {"shop", "keys", "id", forbidden(), "forbidden"},
	} {
		t.Run(name+" is an error that quotes no value", func(t *testing.T) {
			_, err := resolve.NewCredentials(&vault{err: tc.err}).Secret(t.Context(), tc.namespace, tc.secret, tc.key)
			require.ErrorContains(t, err, tc.want)
			require.ErrorContains(t, err, tc.namespace)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestCredentialsOfAWholeSecret(t *testing.T) {
	v := &vault{}
	c := resolve.NewCredentials(v)
	values, err := c.WholeSecret(t.Context(), "shop", "keys")
	require.NoError(t, err)
	revealed := map[string]string{}
	for key, value := range values {
		revealed[key] = string(value.Reveal())
	}
	assert.Equal(t, map[string]string{"id": "AKIA-canary", "secret": "canary-secret", "empty": ""}, revealed)
	assert.NotContains(t, c.Mask("canary-secret and AKIA-canary are wrong"), "canary", "each of them was given out")
	_, err = c.Secret(t.Context(), "shop", "keys", "id")
	require.NoError(t, err)
	assert.Equal(t, 1, v.gets, "it is read once, by key or not")
	_, err = c.WholeSecret(t.Context(), "shop", "nope")
	require.EqualError(t, err, `there is no Secret "nope" in namespace "shop"`)
}

func TestCredentialsOfAServiceAccount(t *testing.T) {
	c := resolve.NewCredentials(&vault{})
	annotations, err := c.ServiceAccount(t.Context(), "shop", "sa")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"role": "r"}, annotations)
	_, err = c.ServiceAccount(t.Context(), "shop", "nope")
	require.EqualError(t, err, `there is no ServiceAccount "nope" in namespace "shop"`)
	token, expires, err := c.Token(t.Context(), "shop", "sa", []string{"aud"})
	require.NoError(t, err)
	assert.Equal(t, "token-shop-sa-aud", string(token.Reveal()))
	assert.Equal(t, now, expires)
	broken := resolve.NewCredentials(&vault{err: errors.New("no rights")})
	_, _, err = broken.Token(t.Context(), "shop", "sa", nil)
	require.EqualError(t, err, `namespace "shop": no rights`)
	_, err = broken.ServiceAccount(t.Context(), "shop", "sa")
	require.EqualError(t, err, `namespace "shop": no rights`)
}

func TestCredentialsOfAConfigMap(t *testing.T) {
	c := resolve.NewCredentials(&vault{})
	text, err := c.ConfigMap(t.Context(), "shop", "ca", "ca.crt")
	require.NoError(t, err)
	assert.Equal(t, "pem", text)
	_, err = c.ConfigMap(t.Context(), "shop", "ca", "crt")
	require.EqualError(t, err, `ConfigMap "ca" in namespace "shop" has no key "crt"; its keys are: ca.crt, more`)
	_, err = c.ConfigMap(t.Context(), "shop", "nope", "ca.crt")
	require.EqualError(t, err, `there is no ConfigMap "nope" in namespace "shop"`)
	_, err = resolve.NewCredentials(&vault{err: errors.New("no rights")}).ConfigMap(t.Context(), "shop", "ca", "ca.crt")
	require.EqualError(t, err, `namespace "shop": no rights`)
}

func TestCredentialsMask(t *testing.T) {
	c := resolve.NewCredentials(&vault{})
	text := "AKIA-canary and token-shop-sa are wrong"
	assert.Equal(t, text, c.Mask(text), "what was not given out is not known")
	_, err := c.Secret(t.Context(), "shop", "keys", "id")
	require.NoError(t, err)
	_, _, err = c.Token(t.Context(), "shop", "sa", nil)
	require.NoError(t, err)
	assert.Equal(t, "[redacted] and [redacted] are wrong", c.Mask(text))
	var mask secret.Mask
	mask.Add(secret.FromString("wrong"))
	c.AddTo(&mask)
	assert.Equal(t, "[redacted] and [redacted] are [redacted]", mask.Text(text))
}
