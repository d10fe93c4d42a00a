// Package contract_test says in sentences what AWS does, with the official SDK as the client, and holds two servers to it: the fake
// of this module and, behind the gate, moto. So neither can drift from AWS unnoticed by the other. Where moto is known to differ
// stands in one table, moto_test.go. No sentence here is about this project's own product.
package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// sentence is one thing that holds of AWS.
type sentence struct {
	says  string
	check func(t *testing.T, s *server)
}

func sentences() []sentence {
	var all []sentence
	for _, some := range [][]sentence{
		reading(), batches(), listing(), writing(), deleting(), signing(), roles(), webIdentity(), permissions(), disturbances(),
		parametersReading(), parametersBatches(), parametersListing(), parametersWriting(),
	} {
		all = append(all, some...)
	}
	return all
}

func TestFakeKeepsTheContract(t *testing.T) {
	s := startFake(t)
	for _, sentence := range sentences() {
		t.Run(sentence.says, func(t *testing.T) {
			s.reset(t)
			sentence.check(t, s)
		})
	}
}

func TestMotoKeepsTheContract(t *testing.T) {
	s := startMoto(t)
	known := differences()
	for _, sentence := range sentences() {
		differs, ok := known[sentence.says]
		delete(known, sentence.says)
		t.Run(sentence.says, func(t *testing.T) {
			s.reset(t)
			switch {
			case !ok:
				sentence.check(t, s)
			case differs.check != nil:
				t.Log("moto differs:", differs.reason)
				differs.check(t, s)
			default:
				t.Skip("not with moto: " + differs.reason)
			}
		})
	}
	require.Empty(t, known, "differences of sentences that do not exist")
}
