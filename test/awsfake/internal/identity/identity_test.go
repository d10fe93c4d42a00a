package identity_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		says, pattern, name string
		want                bool
	}{
		{"a name means itself", "a:b", "a:b", true},
		{"a name does not mean a longer one", "a:b", "a:bc", false},
		{"a star means any text", "secretsmanager:Get*", "secretsmanager:GetSecretValue", true},
		{"a star means no text too", "a*", "a", true},
		{"a star means colons and slashes too", "arn:*/x", "arn:aws:iam::1:role/path/x", true},
		{"several stars each mean some text", "a*b*c", "a-b-b-c", true},
		{"what follows the last star must be the end", "a*b", "a-b-c", false},
		{"a star alone means everything", "*", "", true},
	} {
		t.Run(c.says, func(t *testing.T) { require.Equal(t, c.want, identity.Match(c.pattern, c.name)) })
	}
}
