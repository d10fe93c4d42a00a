package gcpsm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// fileTypes are the sorts of credentials that a process may be given, besides keys of service accounts. All of them are Google's own
// library to read: whoever starts a process decides what it does.
var fileTypes = []google.CredentialsType{google.AuthorizedUser, google.ExternalAccount, google.ExternalAccountAuthorizedUser, google.ImpersonatedServiceAccount}

// asProcess logs in as the process itself: by its default credentials, which are a file or else the machine's.
func (p Provider) asProcess(c *client) (login, error) {
	path, named := p.defaultFile()
	content, err := os.ReadFile(path) //nolint:gosec // the process's environment says which
	if !named && errors.Is(err, os.ErrNotExist) {
		return c.machine.login, nil
	}
	if err != nil {
		return nil, &provider.Error{Kind: provider.Unauthenticated, Op: opToken, Message: fmt.Sprintf("the default credentials can't be read: %v", err), Cause: err,
			Hint: "GOOGLE_APPLICATION_CREDENTIALS of the process, or else gcloud auth application-default login, names them"}
	}
	var file struct {
		Type  google.CredentialsType `json:"type"`
		Quota string                 `json:"quota_project_id"`
	}
	if json.Unmarshal(content, &file) != nil {
		return nil, invalid("the default credentials in %s are no JSON", path)
	}
	quota := cmp.Or(p.Getenv("GOOGLE_CLOUD_QUOTA_PROJECT"), file.Quota)
	if file.Type == google.ServiceAccount {
		key, err := readKey(content, path)
		if err != nil {
			return nil, err
		}
		return c.withKey(key), nil
	}
	if !slices.Contains(fileTypes, file.Type) {
		return nil, unsupported("the default credentials in %s are of the type %q, which is not supported", path, file.Type)
	}
	return func(ctx context.Context) (token, error) {
		ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Timeout: c.http.Timeout, Transport: counted{c}, CheckRedirect: c.http.CheckRedirect})
		found, err := google.CredentialsFromJSONWithType(ctx, content, file.Type, scope)
		if err != nil {
			return token{}, fromLibrary(err)
		}
		got, err := found.TokenSource.Token()
		if err != nil {
			return token{}, fromLibrary(err)
		}
		return token{access: got.AccessToken, ends: got.Expiry, quota: quota}, nil
	}, nil
}

// defaultFile is where default credentials are, and whether the process was told so.
func (p Provider) defaultFile() (path string, named bool) {
	if path := p.Getenv("GOOGLE_APPLICATION_CREDENTIALS"); path != "" {
		return path, true
	}
	dir := p.Getenv("CLOUDSDK_CONFIG")
	switch {
	case dir != "":
	case runtime.GOOS == "windows":
		dir = filepath.Join(p.Getenv("APPDATA"), "gcloud")
	default:
		dir = filepath.Join(p.Getenv("HOME"), ".config", "gcloud")
	}
	return filepath.Join(dir, "application_default_credentials.json"), false
}

// counted carries what Google's library asks for, and counts it.
type counted struct{ *client }

func (c counted) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	response, err := c.http.Transport.RoundTrip(r)
	c.count(r, response, "OAuth."+opToken, began)
	return response, err
}

// fromLibrary is an error of Google's library for credentials. What an endpoint has sent is not quoted, but for its code and description.
func fromLibrary(err error) error {
	var (
		answered *oauth2.RetrieveError
		network  *url.Error
	)
	switch {
	case errors.As(err, &answered) && answered.ErrorCode != "":
		return refused(call{op: opToken}, answered.Response.StatusCode, answered.ErrorCode, answered.ErrorDescription, "")
	case errors.As(err, &answered):
		return refused(call{op: opToken}, answered.Response.StatusCode, httpCode(answered.Response.StatusCode), "", "")
	case errors.As(err, &network):
		return unreached(opToken, err)
	}
	said := tokenlike.ReplaceAllString(strings.Join(strings.Fields(err.Error()), " "), "***")
	return &provider.Error{Kind: provider.Unauthenticated, Op: opToken, Message: "the default credentials bring no token: " + strings.ToValidUTF8(said[:min(len(said), 300)], "")}
}
