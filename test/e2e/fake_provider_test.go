package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAFakeStoreGivesWhatStandsInIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(t, `
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: store}
spec: {provider: {fake: {data: [{key: /shop/db, value: '{"user":"ann"}', version: v1}, {key: /shop/db, value: '{"user":"bob"}', version: v2}, {key: token, value: t}]}}}`,
		externalSecret("named", "dataFrom: [{extract: {key: /shop/db, version: v1}}], data: [{secretKey: token, remoteRef: {key: token}}]"),
		externalSecret("found", "dataFrom: [{find: {name: {regexp: db$}}}]"),
		externalSecret("missing", "data: [{secretKey: user, remoteRef: {key: /shop/db, version: v3}}]"))
	p := w.pass(t)
	assert.Equal(t, map[string]string{"user": "ann", "token": "t"}, w.data(t, "named"))
	assert.Equal(t, map[string]string{"_shop_db": `{"user":"bob"}`}, w.data(t, "found"))
	assert.Contains(t, p.of(t, "missing").Message, `no version "v3" of key "/shop/db"`)
	assert.Empty(t, p.Report.Requests, "nobody is asked")
}
