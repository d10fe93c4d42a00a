package rbac

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
)

func TestWhatIsNotKnownIsToldOfTheCloudThatIsAskedFor(t *testing.T) {
	for name, test := range map[string]struct {
		providers []string
		elsewhere bool
	}{
		"a store of this cloud":           {[]string{"openBao"}, false},
		"a store of another":              {[]string{"aws"}, true},
		"stores of both":                  {[]string{"aws", "vault"}, false},
		"a store that no cloud has":       {[]string{"fake"}, true},
		"a store whose cloud is not told": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.elsewhere, vaultCloud().elsewhere(core.Problem{Providers: test.providers}))
		})
	}
}
