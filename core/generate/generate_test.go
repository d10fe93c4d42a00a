package generate_test

import (
	"crypto/rsa"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/generate"
)

// made makes what a generator's spec in YAML asks for, as texts.
func made(t *testing.T, text string) (map[string]string, error) {
	t.Helper()
	var spec generators.Spec
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), &spec))
	values, err := generate.Values(&spec)
	if err != nil {
		return nil, err
	}
	require.NotNil(t, values)
	texts := map[string]string{}
	for key, value := range values {
		texts[key] = string(value.Reveal())
	}
	return texts, nil
}

// count counts the characters of a text by sort.
func count(text string) (lower, upper, digits, symbols int) {
	for _, r := range text {
		switch {
		case unicode.IsLower(r):
			lower++
		case unicode.IsUpper(r):
			upper++
		case unicode.IsDigit(r):
			digits++
		default:
			symbols++
		}
	}
	return lower, upper, digits, symbols
}

func repeats(text string) bool {
	for i, r := range text {
		if strings.ContainsRune(text[i+utf8.RuneLen(r):], r) {
			return true
		}
	}
	return false
}

func TestPasswords(t *testing.T) {
	for name, tc := range map[string]struct {
		spec                     string
		letters, digits, symbols int
		rest                     func(t *testing.T, password string)
	}{
		"by default 24 characters, a quarter digits and a quarter symbols": {`{}`, 12, 6, 6, func(t *testing.T, password string) {
			assert.NotContains(t, password, "'")
			assert.False(t, repeats(password))
		}},
		"a quarter is rounded down":        {`{length: 7}`, 5, 1, 1, nil},
		"the numbers that are asked for":   {`{length: 10, digits: 3, symbols: 2}`, 5, 3, 2, nil},
		"no digits and no symbols":         {`{length: 10, digits: 0, symbols: 0}`, 10, 0, 0, nil},
		"nothing but digits":               {`{length: 10, digits: 10, symbols: 0}`, 0, 10, 0, nil},
		"all letters there are":            {`{length: 52, digits: 0, symbols: 0}`, 52, 0, 0, nil},
		"many, where they may repeat":      {`{length: 1000, allowRepeat: true}`, 500, 250, 250, nil},
		"an empty alphabet is the default": {`{symbolCharacters: ""}`, 12, 6, 6, nil},
		"no upper case": {`{length: 26, digits: 0, symbols: 0, noUpper: true}`, 26, 0, 0, func(t *testing.T, password string) {
			assert.Equal(t, strings.ToLower(password), password)
		}},
		"symbols of an alphabet of one's own": {`{length: 8, digits: 0, symbols: 3, symbolCharacters: "-_é€"}`, 0, 0, 0, func(t *testing.T, password string) {
			assert.Equal(t, 8, utf8.RuneCountInString(password))
			assert.Regexp(t, `^[-_é€a-zA-Z]*$`, password)
		}},
		"an alphabet with letters and digits in it": {`{length: 20, symbols: 4, digits: 8, symbolCharacters: "ab01"}`, 8 + 2, 8 + 2, 0, func(t *testing.T, password string) {
			assert.False(t, repeats(password))
		}},
		"an alphabet that says a symbol twice": {`{length: 2, symbols: 2, digits: 0, symbolCharacters: "!!??"}`, 0, 0, 2, func(t *testing.T, password string) {
			assert.False(t, repeats(password))
		}},
		"one symbol over and over": {`{length: 5, symbols: 5, digits: 0, symbolCharacters: "!", allowRepeat: true}`, 0, 0, 5, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				texts, err := made(t, "passwordSpec: "+tc.spec)
				require.NoError(t, err)
				require.Len(t, texts, 1)
				password := texts["password"]
				if tc.letters+tc.digits+tc.symbols > 0 {
					lower, upper, digits, symbols := count(password)
					assert.Equal(t, []int{tc.letters, tc.digits, tc.symbols}, []int{lower + upper, digits, symbols}, password)
				}
				if tc.rest != nil {
					tc.rest(t, password)
				}
			}
		})
	}
}

func TestEachPasswordIsItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		texts, err := made(t, `passwordSpec: {secretKeys: [one, two]}`)
		require.NoError(t, err)
		require.Len(t, texts, 2)
		seen[texts["one"]], seen[texts["two"]] = true, true
	}
	assert.Len(t, seen, 100)
}

// A password whose digits always stand at the same place would have less in it than its length promises.
func TestEveryCharacterCanStandAnywhere(t *testing.T) {
	digitAt, symbolAt := map[int]bool{}, map[int]bool{}
	for range 400 {
		texts, err := made(t, `passwordSpec: {length: 8, digits: 2, symbols: 2}`)
		require.NoError(t, err)
		for i, r := range texts["password"] {
			digitAt[i] = digitAt[i] || unicode.IsDigit(r)
			symbolAt[i] = symbolAt[i] || !unicode.IsDigit(r) && !unicode.IsLetter(r)
		}
	}
	for i := range 8 {
		assert.True(t, digitAt[i], "a digit at %d", i)
		assert.True(t, symbolAt[i], "a symbol at %d", i)
	}
}

func TestEncodingsOfPasswords(t *testing.T) {
	for encoding, decode := range map[string]func(string) ([]byte, error){
		"raw": func(s string) ([]byte, error) { return []byte(s), nil }, "hex": hex.DecodeString,
		"base64": base64.StdEncoding.DecodeString, "base64url": base64.URLEncoding.DecodeString, "base32": base32.StdEncoding.DecodeString,
	} {
		t.Run(encoding, func(t *testing.T) {
			texts, err := made(t, "passwordSpec: {encoding: "+encoding+"}")
			require.NoError(t, err)
			password, err := decode(texts["password"])
			require.NoError(t, err)
			_, _, digits, symbols := count(string(password))
			assert.Equal(t, []int{24, 6, 6}, []int{len(password), digits, symbols})
		})
	}
}

func TestASpecOfWhichNothingCanBeMade(t *testing.T) {
	for name, tc := range map[string]struct{ spec, want string }{
		"nothing":                           {`{}`, "spec is missing"},
		"a negative length":                 {`passwordSpec: {length: -1}`, "spec.length is -1"},
		"a length beyond any Secret":        {`passwordSpec: {length: 9999999999, allowRepeat: true}`, "spec.length is 9999999999"},
		"too many long passwords":           {`passwordSpec: {length: 1000000, allowRepeat: true, secretKeys: [a, b]}`, "spec.length: 2 passwords"},
		"a negative number of digits":       {`passwordSpec: {digits: -1}`, "spec.digits is -1"},
		"a negative number of symbols":      {`passwordSpec: {symbols: -1}`, "spec.symbols is -1"},
		"more symbols than characters":      {`passwordSpec: {length: 4, symbols: 5}`, "spec.symbols is 5"},
		"no room for the digits":            {`passwordSpec: {length: 4, symbols: 2, digits: 3}`, "spec.digits is 3: with 2 symbols it can be 0 to 2"},
		"more digits than there are":        {`passwordSpec: {length: 64}`, "spec.digits: the password would have 16 digits, and there are 10: ask for fewer, or set spec.allowRepeat"},
		"more letters than there are":       {`passwordSpec: {length: 53, digits: 0, symbols: 0}`, "53 letters, and there are 52"},
		"more symbols than there are":       {`passwordSpec: {length: 4, symbols: 2, symbolCharacters: "!!"}`, "spec.symbols: the password would have 2 symbols, and there are 1"},
		"an encoding that does not exist":   {`passwordSpec: {encoding: rot13}`, `spec.encoding "rot13"`},
		"a key without a name":              {`passwordSpec: {secretKeys: [""]}`, "spec.secretKeys[0]"},
		"a key that stands twice":           {`passwordSpec: {secretKeys: [a, b, a]}`, `spec.secretKeys[2] is "a"`},
		"a type of key that is none":        {`sshKeySpec: {keyType: dsa}`, `spec.keyType "dsa"`},
		"an RSA key that is too small":      {`sshKeySpec: {keySize: 512}`, "spec.keySize is 512"},
		"an RSA key without bits":           {`sshKeySpec: {keySize: 0}`, "spec.keySize is 0"},
		"an RSA key that takes hours":       {`sshKeySpec: {keySize: 65536}`, "spec.keySize is 65536"},
		"a curve that does not exist":       {`sshKeySpec: {keyType: ecdsa, keySize: 512}`, "256, 384 or 521"},
		"a comment with a line break":       {`sshKeySpec: {keyType: ed25519, comment: "a\nb"}`, "spec.comment"},
		"symbols that are no text at all":   {`passwordSpec: {symbolCharacters: "\uFFFD"}`, "spec.symbolCharacters"},
		"digits that symbols have taken":    {`passwordSpec: {length: 4, symbols: 1, digits: 1, symbolCharacters: "0123456789"}`, "spec.digits"},
		"letters that symbols would repeat": {`passwordSpec: {length: 53, symbols: 1, digits: 0, symbolCharacters: "a"}`, "52 letters, and there are 51"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := made(t, tc.spec)
			assert.ErrorContains(t, err, tc.want)
		})
	}
}

func TestUUID(t *testing.T) {
	v4 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 10 {
		texts, err := made(t, "uuidSpec: {}")
		require.NoError(t, err)
		require.Len(t, texts, 1)
		assert.Regexp(t, v4, texts["uuid"])
		seen[texts["uuid"]] = true
	}
	assert.Len(t, seen, 10)
}

func TestFake(t *testing.T) {
	texts, err := made(t, "fakeSpec: {controller: a, data: {k: v, empty: ''}}")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"k": "v", "empty": ""}, texts)
	texts, err = made(t, "fakeSpec: {}")
	require.NoError(t, err)
	assert.Empty(t, texts)
}

func TestSSHKeys(t *testing.T) {
	for name, tc := range map[string]struct {
		spec, algorithm, comment string
		bits                     int
	}{
		"RSA of 2048 bits by default": {`{}`, ssh.KeyAlgoRSA, "", 2048},
		"RSA of another size":         {`{keyType: rsa, keySize: 1024, comment: me@shop}`, ssh.KeyAlgoRSA, "me@shop", 1024},
		"ECDSA on P-256 by default":   {`{keyType: ecdsa}`, ssh.KeyAlgoECDSA256, "", 0},
		"ECDSA on P-384":              {`{keyType: ecdsa, keySize: 384}`, ssh.KeyAlgoECDSA384, "", 0},
		"ECDSA on P-521":              {`{keyType: ecdsa, keySize: 521, comment: a b}`, ssh.KeyAlgoECDSA521, "a b", 0},
		"Ed25519, whatever the size":  {`{keyType: ed25519, keySize: 4096, comment: é}`, ssh.KeyAlgoED25519, "é", 0},
	} {
		t.Run(name, func(t *testing.T) {
			texts, err := made(t, "sshKeySpec: "+tc.spec)
			require.NoError(t, err)
			require.Len(t, texts, 2)
			assert.True(t, strings.HasPrefix(texts["privateKey"], "-----BEGIN OPENSSH PRIVATE KEY-----\n"))
			signer, err := ssh.ParsePrivateKey([]byte(texts["privateKey"]))
			require.NoError(t, err)
			public, comment, _, rest, err := ssh.ParseAuthorizedKey([]byte(texts["publicKey"]))
			require.NoError(t, err)
			assert.Empty(t, rest)
			assert.Equal(t, tc.comment, comment)
			assert.True(t, strings.HasSuffix(texts["publicKey"], "\n"))
			assert.Equal(t, tc.algorithm, public.Type())
			assert.Equal(t, public.Marshal(), signer.PublicKey().Marshal(), "they are a pair")
			if tc.bits > 0 {
				key, ok := public.(ssh.CryptoPublicKey).CryptoPublicKey().(*rsa.PublicKey)
				require.True(t, ok)
				assert.Equal(t, tc.bits, key.N.BitLen())
			}
		})
	}
}

// FuzzPassword looks for a hang, a panic, and a password that is not what its spec says.
func FuzzPassword(f *testing.F) {
	f.Add(24, 6, 6, "!?", false, false)
	f.Add(0, -1, 3, "", true, true)
	f.Add(5, 0, 5, "aa0é", false, true)
	f.Fuzz(func(t *testing.T, length, digits, symbols int, alphabet string, noUpper, repeat bool) {
		if length > 5000 {
			t.Skip("only slower")
		}
		values, err := generate.Values(&generators.Spec{Password: &generators.PasswordSpec{
			Length: length, Digits: &digits, Symbols: &symbols, SymbolCharacters: &alphabet, NoUpper: noUpper, AllowRepeat: repeat,
		}})
		if err != nil {
			assert.Contains(t, err.Error(), "spec.")
			return
		}
		password := string(values["password"].Reveal())
		if length == 0 {
			length = 24
		}
		assert.Equal(t, length, utf8.RuneCountInString(password))
		if !repeat {
			assert.False(t, repeats(password), password)
		}
		if alphabet == "" {
			_, upper, gotDigits, gotSymbols := count(password)
			assert.Equal(t, []int{digits, symbols}, []int{gotDigits, gotSymbols})
			assert.False(t, noUpper && upper > 0)
		}
	})
}
