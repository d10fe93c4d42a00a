package all_test

import (
	"os"
	"path"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/all"
)

func TestEachProviderIsHeldToTheContract(t *testing.T) {
	for name, p := range all.Providers(func(string) string { return "" }) {
		folder := path.Base(reflect.TypeOf(p).PkgPath())
		test, err := os.ReadFile(filepath.Join("..", folder, "contract_test.go"))
		require.NoError(t, err, name)
		assert.Contains(t, string(test), "providertest.Run(t, ", name)
		assert.NotContains(t, string(test), "t.Skip", name)
		page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "testing.md"))
		require.NoError(t, err)
		assert.Contains(t, string(page), "`"+name+"`", "it says what of the contract applies to the provider")
	}
}
