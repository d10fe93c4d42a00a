package engine_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

func TestReadPKCS12(t *testing.T) {
	leaf, lower, upper, root := chainOf(t, true)
	above := []*x509.Certificate{root.certificate, lower.certificate, upper.certificate}
	for name, tc := range map[string]struct {
		encoder  *pkcs12.Encoder
		password string
		template string
	}{
		"a legacy file with RC2":            {pkcs12.LegacyRC2, "secret", `{{ pkcs12keyPass "secret" .file }}{{ pkcs12certPass "secret" .file }}`},
		"a legacy file with triple DES":     {pkcs12.LegacyDES, "secret", `{{ pkcs12keyPass "secret" .file }}{{ pkcs12certPass "secret" .file }}`},
		"a modern file":                     {pkcs12.Modern2023, "secret", `{{ pkcs12keyPass "secret" .file }}{{ pkcs12certPass "secret" .file }}`},
		"a file with PBMAC1":                {pkcs12.Modern2026, "secret", `{{ pkcs12keyPass "secret" .file }}{{ pkcs12certPass "secret" .file }}`},
		"a modern file without password":    {pkcs12.Modern2023, "", `{{ pkcs12key .file }}{{ pkcs12cert .file }}`},
		"a file without any encryption":     {pkcs12.Passwordless, "", `{{ pkcs12key .file }}{{ pkcs12cert .file }}`},
		"a file in base64":                  {pkcs12.Modern2023, "", `{{ .file | b64enc | b64dec | pkcs12key }}{{ pkcs12cert .file }}`},
		"a file of ten thousand iterations": {pkcs12.Modern2023.WithIterations(10_000), "", `{{ pkcs12key .file }}{{ pkcs12cert .file }}`},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := tc.encoder.Encode(leaf.key, leaf.certificate, above, tc.password)
			require.NoError(t, err)
			got, err := render(tc.template, map[string]string{"file": string(file)}, engine.Options{})
			require.NoError(t, err)
			assert.Equal(t, leaf.keyPEM(t)+leaf.pem()+lower.pem()+upper.pem()+root.pem(), got, "with the chain in order")
		})
	}
}

func TestReadPKCS12KeepsTheOrderOfWhatIsNoChain(t *testing.T) {
	leaf, other, root := issue(t, "leaf", nil, true), issue(t, "other", nil, true), issue(t, "root", nil, true)
	file, err := pkcs12.Modern.Encode(leaf.key, leaf.certificate, []*x509.Certificate{other.certificate, root.certificate}, "")
	require.NoError(t, err)
	got, err := render(`{{ pkcs12cert .file }}`, map[string]string{"file": string(file)}, engine.Options{})
	require.NoError(t, err)
	assert.Equal(t, leaf.pem()+other.pem()+root.pem(), got)
}

func TestPKCS12ThatCannotBeRead(t *testing.T) {
	leaf := issue(t, "leaf", nil, true)
	file, err := pkcs12.Modern.Encode(leaf.key, leaf.certificate, nil, "secret")
	require.NoError(t, err)
	slow, err := asn1.Marshal(struct {
		Salt       []byte
		Iterations int
	}{[]byte("salt"), 2_000_001})
	require.NoError(t, err)
	for name, tc := range map[string]struct{ template, file, want string }{
		"a wrong password":     {`{{ pkcs12keyPass "wrong" .file }}`, string(file), "pkcs12keyPass: pkcs12: decryption password incorrect"},
		"no password":          {`{{ pkcs12cert .file }}`, string(file), "pkcs12cert: pkcs12: decryption password incorrect"},
		"what is no file":      {`{{ pkcs12key .file }}`, "hello", "pkcs12key: pkcs12: error reading P12 data: asn1: "},
		"nothing":              {`{{ pkcs12key .file }}`, "", "pkcs12key: pkcs12: error reading P12 data: asn1: "},
		"base64 not decoded":   {`{{ pkcs12key .file }}`, base64.StdEncoding.EncodeToString(file), "pkcs12key: pkcs12: error reading P12 data: asn1: "},
		"too many iterations":  {`{{ pkcs12key .file }}`, string(slow), "pkcs12key: the file derives its key in more than 2000000 iterations"},
		"iterations in a text": {`{{ pkcs12key .file }}`, string(append([]byte{4, byte(len(slow))}, slow...)), "pkcs12key: the file derives its key in more than 2000000 iterations"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := render(tc.template, map[string]string{"file": tc.file}, engine.Options{})
			require.ErrorContains(t, err, "line 1: "+tc.want)
		})
	}
}

func TestMakePKCS12(t *testing.T) {
	leaf, lower, upper, root := chainOf(t, true)
	rsaLeaf := issueFor(t, "rsa", newRSA(t), &lower, true)
	edLeaf := issueFor(t, "ed", newEd25519(t), &lower, true)
	chain := lower.pem() + upper.pem() + root.pem()
	sec1, err := x509.MarshalECPrivateKey(leaf.key.(*ecdsa.PrivateKey))
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		template, password string
		of                 identity
		key                string
		above              int
	}{
		"the leaf only":                      {`{{ pemToPkcs12 .chain .key }}`, "", leaf, leaf.keyPEM(t), 0},
		"the leaf with a password":           {`{{ pemToPkcs12Pass .chain .key "secret" }}`, "secret", leaf, leaf.keyPEM(t), 0},
		"the chain":                          {`{{ fullPemToPkcs12 .chain .key }}`, "", leaf, leaf.keyPEM(t), 3},
		"the chain with a password":          {`{{ fullPemToPkcs12Pass .chain .key "secret" }}`, "secret", leaf, leaf.keyPEM(t), 3},
		"a key of RSA":                       {`{{ fullPemToPkcs12 .chain .key }}`, "", rsaLeaf, rsaLeaf.keyPEM(t), 3},
		"a key of RSA as PKCS #1":            {`{{ pemToPkcs12 .chain .key }}`, "", rsaLeaf, toPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaLeaf.key.(*rsa.PrivateKey))), 0},
		"a key of Ed25519":                   {`{{ pemToPkcs12 .chain .key }}`, "", edLeaf, edLeaf.keyPEM(t), 0},
		"a key as SEC 1 with its parameters": {`{{ pemToPkcs12 .chain .key }}`, "", leaf, toPEM("EC PARAMETERS", []byte{6, 0}) + toPEM("EC PRIVATE KEY", sec1), 0},
	} {
		t.Run(name, func(t *testing.T) {
			values := map[string]string{"chain": tc.of.pem() + chain, "key": tc.key}
			got, err := render(tc.template, values, engine.Options{})
			require.NoError(t, err)
			file, err := base64.StdEncoding.DecodeString(got)
			require.NoError(t, err)
			key, certificate, above, err := pkcs12.DecodeChain(file, tc.password)
			require.NoError(t, err)
			assert.True(t, tc.of.key.(interface{ Equal(crypto.PrivateKey) bool }).Equal(key), "the key is the one that was given")
			assert.Equal(t, tc.of.certificate.Raw, certificate.Raw)
			assert.Len(t, above, tc.above)

			again, err := render(tc.template, values, engine.Options{})
			require.NoError(t, err)
			assert.Equal(t, got, again, "the same content gives the same file")
		})
	}
}

func TestMakePKCS12TrustStore(t *testing.T) {
	_, lower, upper, root := chainOf(t, true)
	for template, password := range map[string]string{`{{ pemTruststoreToPKCS12 .text }}`: "", `{{ pemTruststoreToPKCS12Pass .text "secret" }}`: "secret"} {
		values := map[string]string{"text": lower.pem() + upper.pem() + root.pem()}
		got, err := render(template, values, engine.Options{})
		require.NoError(t, err)
		file, err := base64.StdEncoding.DecodeString(got)
		require.NoError(t, err)
		trusted, err := pkcs12.DecodeTrustStore(file, password)
		require.NoError(t, err)
		assert.Len(t, trusted, 3)

		again, err := render(template, values, engine.Options{})
		require.NoError(t, err)
		assert.Equal(t, got, again, "the same content gives the same file")
	}
}

// beginning is how much of a file comes before what is encrypted, its first salt included.
const beginning = 120

func TestSalts(t *testing.T) {
	leaf, _, _, root := chainOf(t, true)
	begin := func(template, password string) string {
		values := map[string]string{"leaf": leaf.pem(), "key": leaf.keyPEM(t), "root": root.pem(), "password": password}
		file, err := render(template+" | b64dec }}", values, engine.Options{})
		require.NoError(t, err)
		return file[:beginning]
	}
	const withKey, trustStore = "{{ pemToPkcs12Pass .leaf .key .password", "{{ pemTruststoreToPKCS12Pass .root .password"
	assert.NotEqual(t, begin(withKey, "secret"), begin(withKey, "other!"), "other content has other salts")
	assert.Equal(t, begin(trustStore, "secret"), begin(trustStore, "other!"), "salts without a key in them tell nothing of the password")
}

func TestPKCS12ThatCannotBeMade(t *testing.T) {
	leaf := issue(t, "leaf", nil, true)
	for name, tc := range map[string]struct{ certificate, key, want string }{
		"no certificate":                 {"", leaf.keyPEM(t), "the text has no certificate in PEM"},
		"a key instead of a certificate": {leaf.keyPEM(t), leaf.keyPEM(t), `PEM block 1 is not a certificate that can be read; filterPEM "CERTIFICATE" keeps the certificates`},
		"no key":                         {leaf.pem(), leaf.pem(), "the text has no private key in PEM"},
		"an encrypted key":               {leaf.pem(), toPEM("ENCRYPTED PRIVATE KEY", []byte("x")), "the private key is encrypted: store it without a passphrase"},
		"a broken key":                   {leaf.pem(), toPEM("PRIVATE KEY", []byte("x")), "the private key can't be read: it must be PKCS #8, PKCS #1 or SEC 1"},
		"a key that is too long":         {leaf.pem(), toPEM("PRIVATE KEY", make([]byte, 20_000)), "the private key has more than 10240 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := render(`{{ fullPemToPkcs12 .certificate .key }}`, map[string]string{"certificate": tc.certificate, "key": tc.key}, engine.Options{})
			require.EqualError(t, err, "line 1: fullPemToPkcs12: "+tc.want)
		})
	}
	_, err := render("{{ pemTruststoreToPKCS12 .text }}", map[string]string{"text": ""}, engine.Options{})
	require.EqualError(t, err, "line 1: pemTruststoreToPKCS12: the text has no certificate in PEM")
}
