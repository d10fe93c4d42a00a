package gate

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/front"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
)

var expiration = regexp.MustCompile(`<Expiration>[^<]*</Expiration>`)

// assumed is the part of an STS answer that opens a session, whichever operation it answers.
type assumed struct {
	Results []struct {
		ARN         string `xml:"AssumedRoleUser>Arn"`
		Credentials *struct {
			AccessKeyID                   string `xml:"AccessKeyId"`
			SecretAccessKey, SessionToken string
			Expiration                    time.Time
		}
	} `xml:",any"`
}

// learn takes over the session that an answer opens, if it opens one, and tells the client how long the gate will let it live.
func (p proxy) learn(r front.Request, response *http.Response) error {
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read the answer of the server: %w", err)
	}
	var answer assumed
	if response.StatusCode == http.StatusOK && xml.Unmarshal(body, &answer) == nil {
		for _, result := range answer.Results {
			c := result.Credentials
			if c == nil {
				continue
			}
			form := r.Call.Form
			expires := p.identities.Learn(identity.Session{
				ARN: result.ARN, Role: form.Get("RoleArn"), Name: form.Get("RoleSessionName"), Operation: r.Call.Operation,
				Source: r.Who.ARN, ExternalID: form.Get("ExternalId"), Issued: time.Now().UTC(),
			}, identity.Credentials{
				AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken, Expiration: c.Expiration,
			})
			body = expiration.ReplaceAll(body, []byte("<Expiration>"+expires.Format(time.RFC3339)+"</Expiration>"))
		}
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	response.ContentLength = int64(len(body))
	response.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}
