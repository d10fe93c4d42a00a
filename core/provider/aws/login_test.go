package aws

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// granted is STS's answer to a request for a role: credentials that are good for an hour, of which the key's id tells the role.
func granted(c call) reply {
	const form = `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials><AccessKeyId>%[2]s</AccessKeyId>` +
		`<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%[3]s</Expiration></Credentials></%[1]sResult></%[1]sResponse>`
	return reply{Text: fmt.Sprintf(form, c.Operation, filepath.Base(c.Form.Get("RoleArn")), time.Now().Add(time.Hour).UTC().Format(time.RFC3339))}
}

// anything grants every role and gives every secret.
func anything(c call) reply {
	if c.Form != nil {
		return granted(c)
	}
	return reply{Body: map[string]string{"SecretString": "v"}}
}

func refuseRole(code, message string) func(call) reply {
	return func(call) reply {
		return reply{Status: http.StatusForbidden, Text: `<ErrorResponse><Error><Code>` + code + `</Code><Message>` + message + `</Message></Error></ErrorResponse>`}
	}
}

// signer is the access key id that a request was signed with.
func signer(c call) string {
	var id string
	_, _ = fmt.Sscanf(c.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=%s", &id)
	for i, r := range id {
		if r == '/' {
			return id[:i]
		}
	}
	return id
}

const role = "arn:aws:iam::123456789012:role/"

func TestLogin(t *testing.T) {
	account := &api.AWSJWT{ServiceAccountRef: &api.ServiceAccountSelector{Name: "sa"}}
	annotated := keychain{annotations: map[string]string{annotationRole: role + "pod"}}
	for name, tc := range map[string]struct {
		spec       func(*api.AWSProvider)
		keys       keychain
		environ    map[string]string
		operations []string
		signer     string
	}{
		"static keys sign the reads": {
			operations: []string{"GetSecretValue"}, signer: "shop-keys-id",
		},
		"without auth the environment's keys sign the reads": {
			spec:       func(s *api.AWSProvider) { s.Auth = api.AWSAuth{} },
			environ:    map[string]string{"AWS_ACCESS_KEY_ID": "ambient", "AWS_SECRET_ACCESS_KEY": "s"},
			operations: []string{"GetSecretValue"}, signer: "ambient",
		},
		"static keys win over the environment's": {
			environ:    map[string]string{"AWS_ACCESS_KEY_ID": "ambient", "AWS_SECRET_ACCESS_KEY": "s"},
			operations: []string{"GetSecretValue"}, signer: "shop-keys-id",
		},
		"a service account trades its token for the role of its annotation": {
			spec: func(s *api.AWSProvider) { s.Auth = api.AWSAuth{JWT: account} }, keys: annotated,
			operations: []string{"AssumeRoleWithWebIdentity", "GetSecretValue"}, signer: "pod",
		},
		"a service account wins over static keys": {
			spec: func(s *api.AWSProvider) { s.Auth.JWT = account }, keys: annotated,
			operations: []string{"AssumeRoleWithWebIdentity", "GetSecretValue"}, signer: "pod",
		},
		"a role is assumed once for all reads": {
			spec:       func(s *api.AWSProvider) { s.Role = role + "last" },
			operations: []string{"AssumeRole", "GetSecretValue"}, signer: "last",
		},
		"more roles are assumed in their order, and role last": {
			spec: func(s *api.AWSProvider) {
				s.Role, s.AdditionalRoles = role+"last", []string{role + "first", role + "second"}
			},
			operations: []string{"AssumeRole", "AssumeRole", "AssumeRole", "GetSecretValue"}, signer: "last",
		},
		"more roles work without role": {
			spec:       func(s *api.AWSProvider) { s.AdditionalRoles = []string{role + "first"} },
			operations: []string{"AssumeRole", "GetSecretValue"}, signer: "first",
		},
		"a profile that the environment names does not disturb static keys": {
			environ:    map[string]string{"AWS_PROFILE": "prod", "AWS_CONFIG_FILE": "profiles"},
			operations: []string{"GetSecretValue"}, signer: "shop-keys-id",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, anything)
			profiles := filepath.Join(t.TempDir(), "profiles")
			require.NoError(t, os.WriteFile(profiles, []byte("[profile prod]\naws_access_key_id = profile\naws_secret_access_key = s\n"), 0o600))
			for name, value := range tc.environ {
				if value == "profiles" {
					value = profiles
				}
				t.Setenv(name, value)
			}
			p := s.provider()
			inner := p.Getenv
			p.Getenv = func(name string) string {
				if value := inner(name); value != "" {
					return value
				}
				return tc.environ[name]
			}
			spec := staticSpec()
			if tc.spec != nil {
				tc.spec(&spec)
			}
			reader, err := p.Open(t.Context(), storeOf(t, spec), tc.keys)
			require.NoError(t, err)
			for range 3 {
				require.Equal(t, []string{"v"}, texts(reader.Read(t.Context(), refs("a"))))
			}
			operations := s.operations()
			require.GreaterOrEqual(t, len(operations), 3)
			assert.Equal(t, tc.operations, operations[:len(operations)-2])
			for _, c := range s.made()[len(operations)-3:] {
				assert.Equal(t, tc.signer, signer(c))
			}
		})
	}
}

func TestLoginSends(t *testing.T) {
	t.Run("external id, tags and transitive keys with role and with no other", func(t *testing.T) {
		s := serve(t, anything)
		s.open(t, 1, func(spec *api.AWSProvider) {
			spec.Role, spec.AdditionalRoles, spec.ExternalID = role+"last", []string{role + "first"}, "external"
			spec.SessionTags, spec.TransitiveTagKeys = []api.AWSTag{{Key: "team", Value: "shop"}}, []string{"team"}
		})
		calls := s.made()
		require.Len(t, calls, 2)
		assert.Equal(t, role+"first", calls[0].Form.Get("RoleArn"))
		assert.NotContains(t, calls[0].Form.Encode(), "Tag")
		assert.Empty(t, calls[0].Form.Get("ExternalId"))
		assert.Equal(t, role+"last", calls[1].Form.Get("RoleArn"))
		assert.Equal(t, "external", calls[1].Form.Get("ExternalId"))
		assert.Equal(t, "team", calls[1].Form.Get("Tags.member.1.Key"))
		assert.Equal(t, "shop", calls[1].Form.Get("Tags.member.1.Value"))
		assert.Equal(t, "team", calls[1].Form.Get("TransitiveTagKeys.member.1"))
		for _, c := range calls {
			assert.Equal(t, sessionName, c.Form.Get("RoleSessionName"), "the same in every run")
		}
	})
	for name, tc := range map[string]struct {
		annotation string
		extra      []string
		want       []string
	}{
		"the audience of AWS where the service account names none": {"", nil, []string{"sts.amazonaws.com"}},
		"the audience that the service account names":              {"custom", nil, []string{"custom"}},
		"the audiences of the store besides":                       {"", []string{"more"}, []string{"sts.amazonaws.com", "more"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, anything)
			var audiences []string
			spec := staticSpec()
			spec.Auth.JWT = &api.AWSJWT{ServiceAccountRef: &api.ServiceAccountSelector{Name: "sa", Audiences: tc.extra}}
			_, err := s.provider().Open(t.Context(), storeOf(t, spec), keychain{
				annotations: map[string]string{annotationRole: role + "pod", annotationAudience: tc.annotation}, audiences: &audiences,
			})
			require.NoError(t, err)
			assert.Equal(t, tc.want, audiences)
			form := s.made()[0].Form
			assert.Equal(t, "token-of-shop-sa", form.Get("WebIdentityToken"))
			assert.Equal(t, "external-secrets-provider-aws", form.Get("RoleSessionName"), "trust policies may demand it")
		})
	}
}

func TestLoginFails(t *testing.T) {
	account := func(s *api.AWSProvider) {
		s.Auth = api.AWSAuth{JWT: &api.AWSJWT{ServiceAccountRef: &api.ServiceAccountSelector{Name: "sa"}}}
	}
	for name, tc := range map[string]struct {
		spec    func(*api.AWSProvider)
		answer  func(call) reply
		environ map[string]string
		kind    provider.Kind
		want    []string
	}{
		"a key reference without a key": {
			spec: func(s *api.AWSProvider) { s.Auth.SecretRef.SecretAccessKey.Key = "" },
			kind: provider.Invalid, want: []string{"spec.provider.aws.auth.secretRef.secretAccessKeySecretRef"},
		},
		"a reference that is missing": {
			spec: func(s *api.AWSProvider) { s.Auth.SecretRef.AccessKeyID = nil },
			kind: provider.Invalid, want: []string{"spec.provider.aws.auth.secretRef.accessKeyIDSecretRef"},
		},
		"a Secret that is missing": {
			spec: func(s *api.AWSProvider) { s.Auth.SecretRef.AccessKeyID.Name = "missing" },
			kind: provider.Unknown, want: []string{"auth.secretRef.accessKeyIDSecretRef", "there is no Secret"},
		},
		"a service account without a role": {
			spec: account, kind: provider.Invalid, want: []string{"service account shop/sa", annotationRole},
		},
		"a role that may not be assumed": {
			spec: func(s *api.AWSProvider) { s.Role = role + "x" }, answer: refuseRole("AccessDenied", "not authorized to perform: sts:AssumeRole"),
			kind: provider.Denied, want: []string{"AssumeRole: AccessDenied", "trust policy"},
		},
		"no credentials in the environment": {
			spec: func(s *api.AWSProvider) { s.Auth = api.AWSAuth{} },
			kind: provider.Unauthenticated, want: []string{"GetCredentials", "auth.secretRef"},
		},
		"a profile that does not exist": {
			spec: func(s *api.AWSProvider) { s.Auth = api.AWSAuth{} }, environ: map[string]string{"AWS_PROFILE": "nobody"},
			kind: provider.Unauthenticated, want: []string{"nobody", "AWS_PROFILE"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.answer == nil {
				tc.answer = anything
			}
			s := serve(t, tc.answer)
			for name, value := range tc.environ {
				t.Setenv(name, value)
			}
			spec := staticSpec()
			tc.spec(&spec)
			_, err := s.provider().Open(t.Context(), storeOf(t, spec), keychain{})
			require.Error(t, err)
			assert.Equal(t, tc.kind, provider.KindOf(err))
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
	t.Run("a login service that is out of reach", func(t *testing.T) {
		serve(t, anything)
		p := Provider{Getenv: func(string) string { return "http://127.0.0.1:1" }}
		spec := staticSpec()
		spec.Role = role + "x"
		_, err := p.Open(t.Context(), storeOf(t, spec), keychain{})
		require.ErrorContains(t, err, "AssumeRole")
		require.ErrorContains(t, err, "is the endpoint reachable from here")
		assert.Equal(t, provider.Unavailable, provider.KindOf(err))
	})
}

func TestCredentialsOfAPod(t *testing.T) {
	s := serve(t, func(c call) reply {
		if c.Operation == "" {
			return reply{Body: map[string]any{"AccessKeyId": "podidentity", "SecretAccessKey": "s", "Token": "t", "Expiration": time.Now().Add(time.Hour)}}
		}
		return reply{Body: map[string]string{"SecretString": "v"}}
	})
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", s.URL)
	spec := staticSpec()
	spec.Auth = api.AWSAuth{}
	reader, err := s.provider().Open(t.Context(), storeOf(t, spec), keychain{})
	require.NoError(t, err)
	assert.Equal(t, []string{"v"}, texts(reader.Read(t.Context(), refs("a"))))
	assert.Equal(t, "podidentity", signer(s.made()[1]))
	assert.Equal(t, map[string]int{"SecretsManager.GetSecretValue": 1}, reader.Stats().Requests, "only requests to AWS count")
}
