// Package kdf tells how much work a PKCS #12 file demands before it opens. Its author, who need not be trusted, chooses that.
package kdf

import (
	"encoding/asn1"
	"fmt"
	"math/big"
)

const (
	// maxIterations is the limit for what deriving keys from a password may take.
	maxIterations = 2_000_000
	// maxNesting is how deep a file is looked into.
	maxNesting = 64
)

// Iterations sums up how often a file says to derive keys, which is nothing for what is no such file. Too often is an error: the file is
// not to be opened. Those within what is encrypted are not seen.
func Iterations(file []byte) (int, error) {
	total, ok := count(file, 0)
	if !ok || total > maxIterations {
		return 0, fmt.Errorf("the file derives its key in more than %d iterations", maxIterations)
	}
	return total, nil
}

// count goes through ASN.1, where each count follows a salt.
func count(der []byte, depth int) (total int, ok bool) {
	for afterSalt := false; len(der) > 0 && depth < maxNesting; {
		var part asn1.RawValue
		rest, err := asn1.Unmarshal(der, &part)
		if err != nil {
			return total, true // it is not ASN.1, and the reader will say so
		}
		der = rest
		isText := part.Class == asn1.ClassUniversal && part.Tag == asn1.TagOctetString
		switch {
		case part.Class == asn1.ClassUniversal && part.Tag == asn1.TagInteger && afterSalt:
			number := new(big.Int).SetBytes(part.Bytes)
			if number.Cmp(big.NewInt(maxIterations)) > 0 {
				return 0, false
			}
			total += int(number.Int64())
		case part.IsCompound || isText:
			below, ok := count(part.Bytes, depth+1)
			if !ok {
				return 0, false
			}
			total += below
		}
		afterSalt = isText
	}
	return total, true
}
