package diff

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// keyed is a masker with a key that the golden files were made with.
func keyed(show bool) *masker { return &masker{show: show, key: []byte("the key of the golden files")} }

func TestAFingerprintTellsEqualValuesOfOneInvocationAndNothingElse(t *testing.T) {
	one, other := newMasker(false), newMasker(false)
	value := secret.FromString("hunter2")
	assert.Regexp(t, `^<7 bytes, [0-9a-f]{8}>$`, one.text(value))
	assert.Equal(t, one.text(value), one.text(secret.FromString("hunter2")))
	assert.NotEqual(t, one.text(value), one.text(secret.FromString("hunter3")))
	assert.NotEqual(t, one.text(value), other.text(value), "nobody can try values on the output of another invocation")
	assert.Len(t, one.key, 32)
	assert.Regexp(t, "^<1 byte, ", one.text(secret.FromString("x")))
	assert.Regexp(t, "^<0 bytes, ", one.text(secret.FromString("")))
}

func TestAValueIsShownAsItIsOnlyWhereItIsText(t *testing.T) {
	for name, tc := range map[string]struct{ value, want string }{
		"text":                             {"hunter2", "hunter2"},
		"nothing":                          {"", ""},
		"lines":                            {"a\n\tb\n", "a\n\tb\n"},
		"text of other scripts":            {"pässwörd 密码", "pässwörd 密码"},
		"bytes":                            {"\xff\x00\x01", "<base64: /wAB>"},
		"what moves the cursor":            {"\x1b[2J", "<base64: G1sySg==>"},
		"what turns the direction of text": {"a\u202eb", "<base64: YeKArmI=>"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.want, newMasker(true).text(secret.FromString(tc.value)))
		})
	}
}
