package harness

import (
	"encoding/asn1"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// SlowKey is an RSA private key of so many bits, PKCS #1, made at once: its factors are no primes, which is not looked at. To sign with a
// large one takes hours.
func SlowKey(t testing.TB, bits int) []byte {
	t.Helper()
	one, e := big.NewInt(1), big.NewInt(65537)
	half := func(begin int64) *big.Int {
		p := new(big.Int).Lsh(big.NewInt(begin), uint(bits/2-3))
		for p.Add(p, one); new(big.Int).GCD(nil, nil, e, new(big.Int).Sub(p, one)).Cmp(one) != 0; {
			p.Add(p, big.NewInt(2))
		}
		return p
	}
	p, q := half(6), half(7)
	least := func(a, b *big.Int) *big.Int {
		return new(big.Int).Div(new(big.Int).Mul(a, b), new(big.Int).GCD(nil, nil, a, b))
	}
	p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
	d := new(big.Int).ModInverse(e, least(p1, q1))
	der, err := asn1.Marshal(struct {
		Version                     int
		N, E, D, P, Q, DP, DQ, QInv *big.Int
	}{0, new(big.Int).Mul(p, q), e, d, p, q, new(big.Int).Mod(d, p1), new(big.Int).Mod(d, q1), new(big.Int).ModInverse(q, p)})
	require.NoError(t, err)
	return der
}
