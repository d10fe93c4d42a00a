package azurekv

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

func readSecret(client *azsecrets.Client) func(ctx context.Context, name, version string) (object, error) {
	return func(ctx context.Context, name, version string) (object, error) {
		got, err := client.GetSecret(ctx, name, version, nil)
		if err != nil {
			return object{}, refusal(opGetSecret, err)
		}
		if got.Value == nil || got.ID == nil {
			return object{}, unreadable(opGetSecret)
		}
		o := object{value: secret.FromString(*got.Value), version: got.ID.Version(), tags: got.Tags}
		if a := got.Attributes; a != nil {
			o.expires, o.created, o.updated, o.notUntil = a.Expires, a.Created, a.Updated, a.NotBefore
		}
		return o, nil
	}
}

// readCertificate gives the certificate alone, DER. Its private key is the secret of the same name.
func readCertificate(client *azcertificates.Client) func(ctx context.Context, name, version string) (object, error) {
	return func(ctx context.Context, name, version string) (object, error) {
		got, err := client.GetCertificate(ctx, name, version, nil)
		if err != nil {
			return object{}, refusal(opGetCertificate, err)
		}
		if len(got.CER) == 0 || got.ID == nil {
			return object{}, unreadable(opGetCertificate)
		}
		o := object{value: secret.New(got.CER), version: got.ID.Version(), tags: got.Tags}
		if a := got.Attributes; a != nil {
			o.expires, o.created, o.updated, o.notUntil = a.Expires, a.Created, a.Updated, a.NotBefore
		}
		return o, nil
	}
}

// readKey gives the public part of a key, as a JSON web key.
func readKey(client *azkeys.Client, modern bool) func(ctx context.Context, name, version string) (object, error) {
	return func(ctx context.Context, name, version string) (object, error) {
		got, err := client.GetKey(ctx, name, version, nil)
		if err != nil {
			return object{}, refusal(opGetKey, err)
		}
		if got.Key == nil || got.Key.KID == nil {
			return object{}, unreadable(opGetKey)
		}
		content, err := got.Key.MarshalJSON()
		if err == nil && !modern {
			content, err = inOrder(content)
		}
		if err != nil {
			return object{}, unreadable(opGetKey)
		}
		o := object{value: secret.New(content), version: got.Key.KID.Version(), tags: got.Tags}
		if a := got.Attributes; a != nil {
			o.expires, o.created, o.updated, o.notUntil = a.Expires, a.Created, a.Updated, a.NotBefore
		}
		return o, nil
	}
}

// webKey is a JSON web key with its members in the order in which Azure's first library, which ESO uses unless useAzureSDK is set, writes
// them: a Secret must not change with whoever writes it.
type webKey struct {
	ID         string   `json:"kid,omitempty"`
	Type       string   `json:"kty,omitempty"`
	Operations []string `json:"key_ops,omitempty"`
	N          string   `json:"n,omitempty"`
	E          string   `json:"e,omitempty"`
	D          string   `json:"d,omitempty"`
	DP         string   `json:"dp,omitempty"`
	DQ         string   `json:"dq,omitempty"`
	QI         string   `json:"qi,omitempty"`
	P          string   `json:"p,omitempty"`
	Q          string   `json:"q,omitempty"`
	K          string   `json:"k,omitempty"`
	T          string   `json:"key_hsm,omitempty"`
	Curve      string   `json:"crv,omitempty"`
	X          string   `json:"x,omitempty"`
	Y          string   `json:"y,omitempty"`
}

func inOrder(content []byte) ([]byte, error) {
	var key webKey
	if err := json.Unmarshal(content, &key); err != nil {
		return nil, err
	}
	return json.Marshal(key)
}

// metadata is the answer to a Ref.Metadata: the tags and, unless the store has useAzureSDK, the dates, as a JSON object, as in ESO.
func (o object) metadata(modern bool) provider.Answer {
	all := map[string]string{}
	for key, value := range o.tags {
		if value != nil {
			all[key] = *value
		}
	}
	if !modern {
		for key, date := range map[string]*time.Time{
			"attribute.expires": o.expires, "attribute.created": o.created, "attribute.updated": o.updated, "attribute.notBefore": o.notUntil,
		} {
			if date != nil {
				all[key] = date.UTC().Format(time.RFC3339)
			}
		}
	}
	content, err := json.Marshal(all)
	if err != nil {
		return provider.Answer{Err: fmt.Errorf("encode the metadata: %w", err)}
	}
	return provider.Answer{Value: secret.New(content)}
}
