package aws

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// calmClient keeps the SDK from breaking a connection off whose answer it has begun to read. The SDK closes a request's body as soon
// as the answer begins; Go's transport, which looks for more of that body with its WriteTo, may be later on a busy machine, and gets
// an io.EOF, which is an error there. The answer is lost then and asked for again, at the price of a request. Read, which is what
// the transport falls back to, says of a closed body that it has ended.
type calmClient struct{ aws.HTTPClient }

// Do implements aws.HTTPClient.
func (c calmClient) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.HTTPClient.Do(r)
}
