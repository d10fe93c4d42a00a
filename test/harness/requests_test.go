package harness

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const metricsPage = `# TYPE apiserver_request_total counter
apiserver_request_total{code="200",component="apiserver",dry_run="",group="external-secrets.io",resource="externalsecrets",scope="resource",subresource="status",verb="PATCH",version="v1"} 2
apiserver_request_total{code="200",component="apiserver",dry_run="",group="external-secrets.io",resource="externalsecrets",scope="resource",subresource="status",verb="PATCH",version="v1beta1"} 3
apiserver_request_total{code="409",component="apiserver",dry_run="",group="external-secrets.io",resource="externalsecrets",scope="resource",subresource="status",verb="PATCH",version="v1"} 1
apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="secrets",scope="cluster",subresource="",verb="LIST",version="v1"} 1.2e+06
apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="",scope="",subresource="/readyz",verb="GET",version=""} 7
apiserver_request_duration_seconds_count{resource="secrets",verb="LIST"} 9
`

func TestParseRequests(t *testing.T) {
	counts, err := parseRequests(strings.NewReader(metricsPage))
	require.NoError(t, err)

	t.Run("samples that differ in other labels are one kind", func(t *testing.T) {
		require.Equal(t, 5, counts[Request{"PATCH", "externalsecrets", "status", "200"}])
	})
	t.Run("a count is over all answers", func(t *testing.T) {
		require.Equal(t, 6, counts.Count("PATCH", "externalsecrets/status"))
		require.Zero(t, counts.Count("PATCH", "externalsecrets"))
	})
	t.Run("large numbers are written as floats", func(t *testing.T) {
		require.Equal(t, 1_200_000, counts.Count("LIST", "secrets"))
	})
	t.Run("only some resources are looked at", func(t *testing.T) {
		require.Equal(t, 6, counts.Only("externalsecrets").Total())
		require.Equal(t, 1_200_013, counts.Total())
	})
	t.Run("what was before is taken off", func(t *testing.T) {
		before := RequestCounts{{"PATCH", "externalsecrets", "status", "200"}: 4, {"LIST", "secrets", "", "200"}: 1_200_000}
		require.Equal(t, "1 PATCH externalsecrets/status 200\n1 PATCH externalsecrets/status 409\n",
			counts.Sub(before).Only("externalsecrets", "secrets").String())
	})
	t.Run("a sample that is no number is an error", func(t *testing.T) {
		_, err := parseRequests(strings.NewReader(`apiserver_request_total{verb="GET"} many`))
		require.ErrorContains(t, err, "read the sample")
	})
}
