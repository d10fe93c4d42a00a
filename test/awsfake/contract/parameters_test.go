package contract_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/traffic"
)

// parameters is a Parameter Store client that may do everything.
func (s *server) parameters() *ssm.Client { return ssm.NewFromConfig(s.config(admin())) }

// param makes up a name with a path that no other sentence has.
func param(suffix string) string { return "/" + name(suffix) }

// keep creates a secure string, or puts a new version of it.
func (s *server) keep(t *testing.T, name, value string) {
	t.Helper()
	_, err := s.parameters().PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: &name, Value: &value, Type: types.ParameterTypeSecureString, Overwrite: aws.Bool(true),
	})
	require.NoError(t, err)
}

func (s *server) parameter(t *testing.T, id string) (*types.Parameter, error) {
	t.Helper()
	out, err := s.parameters().GetParameter(t.Context(), &ssm.GetParameterInput{Name: &id, WithDecryption: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Parameter, nil
}

// value is that of a parameter that must be readable.
func (s *server) value(t *testing.T, id string) string {
	t.Helper()
	got, err := s.parameter(t, id)
	require.NoError(t, err)
	return *got.Value
}

func (s *server) parametersOf(t *testing.T, ids ...string) (*ssm.GetParametersOutput, error) {
	t.Helper()
	return s.parameters().GetParameters(t.Context(), &ssm.GetParametersInput{Names: ids, WithDecryption: aws.Bool(true)})
}

// byName are the values of parameters.
func byName(all []types.Parameter) map[string]string {
	values := map[string]string{}
	for _, p := range all {
		values[*p.Name] = *p.Value
	}
	return values
}

func parametersReading() []sentence {
	return []sentence{
		{"a parameter is read by its name", func(t *testing.T, s *server) {
			n := param("a")
			s.keep(t, n, "1")
			got, err := s.parameter(t, n)
			require.NoError(t, err)
			require.Equal(t, "1", *got.Value)
			require.Equal(t, n, *got.Name)
			require.Equal(t, "arn:aws:ssm:"+region+":"+account+":parameter"+n, *got.ARN)
			require.Equal(t, types.ParameterTypeSecureString, got.Type)
			require.EqualValues(t, 1, got.Version)
			require.Nil(t, got.Selector)
			require.NotZero(t, got.LastModifiedDate)
		}},
		{"a parameter is read by its ARN", func(t *testing.T, s *server) {
			n := param("a")
			s.keep(t, n, "1")
			got, err := s.parameter(t, n)
			require.NoError(t, err)
			require.Equal(t, "1", s.value(t, *got.ARN))
			require.Equal(t, "1", s.value(t, *got.ARN+":1"))
		}},
		{"a secure string is not shown unless its decryption is asked for", func(t *testing.T, s *server) {
			n := param("a")
			s.keep(t, n, "1")
			out, err := s.parameters().GetParameter(t.Context(), &ssm.GetParameterInput{Name: &n})
			require.NoError(t, err)
			require.NotEqual(t, "1", *out.Parameter.Value)
		}},
		{"a version of a parameter is read by its number", func(t *testing.T, s *server) {
			n := param("a")
			s.keep(t, n, "1")
			s.keep(t, n, "2")
			require.Equal(t, "2", s.value(t, n))
			require.Equal(t, "1", s.value(t, n+":1"))
			require.Equal(t, "2", s.value(t, n+":2"))
		}},
		{"a version of a parameter is read by its label", func(t *testing.T, s *server) {
			n := param("a")
			s.keep(t, n, "1")
			s.keep(t, n, "2")
			in := &ssm.LabelParameterVersionInput{Name: &n, ParameterVersion: aws.Int64(1), Labels: []string{"live"}}
			_, err := s.parameters().LabelParameterVersion(t.Context(), in)
			require.NoError(t, err)
			require.Equal(t, "1", s.value(t, n+":live"))
			in.ParameterVersion = nil
			_, err = s.parameters().LabelParameterVersion(t.Context(), in)
			require.NoError(t, err)
			require.Equal(t, "2", s.value(t, n+":live"), "a label is on one version")
		}},
		{"an answer says by which version or label it was asked for", func(t *testing.T, s *server) {
			n := param("a")
			s.keep(t, n, "1")
			got, err := s.parameter(t, n+":1")
			require.NoError(t, err)
			require.Equal(t, aws.String(":1"), got.Selector)
			require.Equal(t, n, *got.Name)
		}},
		{"a parameter that does not exist is not found", func(t *testing.T, s *server) {
			_, err := s.parameter(t, param("none"))
			require.Equal(t, "ParameterNotFound", code(t, err))
			_, err = s.parameter(t, param("none")+":3")
			require.Equal(t, "ParameterNotFound", code(t, err))
		}},
		{"a version that does not exist has a code of its own", func(t *testing.T, s *server) {
			n := param("a")
			s.keep(t, n, "1")
			_, err := s.parameter(t, n+":9")
			require.Equal(t, "ParameterVersionNotFound", code(t, err))
			require.Contains(t, message(t, err), "version 9 of "+n)
		}},
		{"another region has none of the parameters", func(t *testing.T, s *server) {
			n := param("a")
			s.keep(t, n, "1")
			_, err := s.parameters().GetParameter(t.Context(), &ssm.GetParameterInput{Name: &n}, func(o *ssm.Options) { o.Region = "us-west-2" })
			require.Equal(t, "ParameterNotFound", code(t, err))
		}},
		{"a request for parameters with an unknown key is refused as Secrets Manager does", func(t *testing.T, s *server) {
			client := ssm.NewFromConfig(s.config(aws.Credentials{AccessKeyID: "AKIANOBODY", SecretAccessKey: "x"}))
			_, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/a")})
			require.Equal(t, "UnrecognizedClientException", code(t, err))
		}},
	}
}

func parametersBatches() []sentence {
	return []sentence{
		{"ten parameters come in one answer", func(t *testing.T, s *server) {
			path, want := param(""), map[string]string{}
			var ids []string
			for _, n := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"} {
				s.keep(t, path+n, "value of "+n)
				ids, want[path+n] = append(ids, path+n), "value of "+n
			}
			out, err := s.parametersOf(t, ids...)
			require.NoError(t, err)
			require.Equal(t, want, byName(out.Parameters))
			require.Empty(t, out.InvalidParameters)
			_, err = s.parametersOf(t, append(ids, path+"k")...)
			require.Equal(t, "ValidationException", code(t, err), "eleven are too many")
		}},
		{"parameters that do not exist are named apart, as they were asked for", func(t *testing.T, s *server) {
			n, none := param("a"), param("none")
			s.keep(t, n, "1")
			out, err := s.parametersOf(t, none, n, none+"2:3")
			require.NoError(t, err)
			require.Equal(t, map[string]string{n: "1"}, byName(out.Parameters))
			require.ElementsMatch(t, []string{none, none + "2:3"}, out.InvalidParameters)
		}},
		{"versions that do not exist are named apart", func(t *testing.T, s *server) {
			n := param("a")
			s.keep(t, n, "1")
			out, err := s.parametersOf(t, n+":9", n+":nolabel")
			require.NoError(t, err)
			require.Empty(t, out.Parameters)
			require.ElementsMatch(t, []string{n + ":9", n + ":nolabel"}, out.InvalidParameters)
		}},
		{"a batch of parameters takes versions, labels and ARNs", func(t *testing.T, s *server) {
			a, b, c := param("a"), param("b"), param("c")
			for _, n := range []string{a, a, b, c} {
				s.keep(t, n, "value of "+n)
			}
			s.keep(t, a, "new")
			_, err := s.parameters().LabelParameterVersion(t.Context(), &ssm.LabelParameterVersionInput{Name: &b, Labels: []string{"live"}})
			require.NoError(t, err)
			out, err := s.parametersOf(t, a+":1", b+":live", "arn:aws:ssm:"+region+":"+account+":parameter"+c)
			require.NoError(t, err)
			require.Equal(t, map[string]string{a: "value of " + a, b: "value of " + b, c: "value of " + c}, byName(out.Parameters))
		}},
		{"one denied parameter denies its batch, and is named", func(t *testing.T, s *server) {
			a, b := param("a"), param("b")
			s.keep(t, a, "1")
			s.keep(t, b, "2")
			s.deny(t, identity.Denial{Action: "ssm:GetParameter*", Resource: b})
			_, err := s.parametersOf(t, a, b)
			require.Equal(t, "AccessDeniedException", code(t, err))
			require.Contains(t, message(t, err), "ssm:GetParameters on resource: arn:aws:ssm:"+region+":"+account+":parameter"+b)
			require.Equal(t, "1", s.value(t, a))
			_, err = s.parameter(t, b)
			require.Equal(t, "AccessDeniedException", code(t, err))
		}},
		{"a parameter whose key is denied fails with its batch, and is listed without decryption", func(t *testing.T, s *server) {
			path := param("")
			s.keep(t, path+"a", "1")
			s.deny(t, identity.Denial{Action: "kms:Decrypt", Resource: path})
			_, err := s.parametersOf(t, path+"a")
			require.Equal(t, "AccessDeniedException", code(t, err))
			_, err = s.parameters().GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: &path})
			require.NoError(t, err)
		}},
		{"a fault of one parameter is that of its batch", func(t *testing.T, s *server) {
			a, b := param("a"), param("b")
			s.keep(t, a, "1")
			s.keep(t, b, "2")
			s.control(t, "fault", traffic.Fault{Secret: b, Code: "InvalidKeyId"})
			_, err := s.parametersOf(t, a, b)
			require.Equal(t, "InvalidKeyId", code(t, err))
		}},
		{"the names of parameters that are read are counted", func(t *testing.T, s *server) {
			a, b := param("a"), param("b")
			s.keep(t, a, "1")
			s.keep(t, b, "2")
			s.control(t, "reset", struct{}{})
			_, err := s.parametersOf(t, a, b)
			require.NoError(t, err)
			s.value(t, a)
			c := s.counts(t)
			require.Equal(t, map[string]int{"ssm.GetParameters": 1, "ssm.GetParameter": 1}, c.Requests)
			require.Equal(t, map[string]int{"ssm.GetParameters": 2, "ssm.GetParameter": 1}, c.IDs)
			require.Equal(t, map[string]int{a: 2, b: 1}, c.Secrets)
		}},
	}
}
