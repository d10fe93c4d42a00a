package shape_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
)

func TestDecode(t *testing.T) {
	for name, tc := range map[string]struct {
		strategy    api.DecodingStrategy
		value, want string
		fails       bool
	}{
		"no strategy keeps the value":               {"", "aGVsbG8=", "aGVsbG8=", false},
		"None keeps the value":                      {api.DecodingStrategyNone, "aGVsbG8=", "aGVsbG8=", false},
		"Base64 decodes":                            {api.DecodingStrategyBase64, "aGVsbG8=", "hello", false},
		"Base64 decodes nothing to nothing":         {api.DecodingStrategyBase64, "", "", false},
		"Base64 decodes text in lines":              {api.DecodingStrategyBase64, "aGVs\nbG8=\n", "hello", false},
		"Base64 refuses missing padding":            {api.DecodingStrategyBase64, "aGVsbG8", "", true},
		"Base64 refuses the URL alphabet":           {api.DecodingStrategyBase64, "-_8=", "", true},
		"Base64URL decodes":                         {api.DecodingStrategyBase64URL, "-_8=", "\xfb\xff", false},
		"Base64URL refuses the standard alphabet":   {api.DecodingStrategyBase64URL, "+/8=", "", true},
		"Auto decodes Base64":                       {api.DecodingStrategyAuto, "+/8=", "\xfb\xff", false},
		"Auto decodes Base64URL":                    {api.DecodingStrategyAuto, "-_8=", "\xfb\xff", false},
		"Auto keeps what is neither":                {api.DecodingStrategyAuto, "hello!", "hello!", false},
		"Auto keeps what lacks padding":             {api.DecodingStrategyAuto, "aGVsbG8", "aGVsbG8", false},
		"Auto decodes what only looks like base64":  {api.DecodingStrategyAuto, "test", "\xb5\xeb-", false},
		"a strategy that does not exist is refused": {"Rot13", "hello", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := shape.Decode(tc.strategy, secret.FromString(tc.value))
			if tc.fails {
				require.ErrorContains(t, err, string(tc.strategy))
				assert.NotContains(t, err.Error(), tc.value)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tc.want, string(got.Reveal()))
		})
	}
}
