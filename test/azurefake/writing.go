package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// written is what a request to write holds.
type written struct {
	Value      *string           `json:"value"`
	Tags       map[string]string `json:"tags"`
	Kty        string            `json:"kty"`
	Attributes struct {
		Enabled   *bool `json:"enabled"`
		NotBefore int64 `json:"nbf"`
		Expires   int64 `json:"exp"`
	} `json:"attributes"`
}

func readWritten(w http.ResponseWriter, r *http.Request) (written, *version, bool) {
	var in written
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		fail(w, http.StatusBadRequest, "BadParameter", "", "The request body can't be read")
		return in, nil, false
	}
	enabled := in.Attributes.Enabled == nil || *in.Attributes.Enabled
	return in, &version{tags: in.Tags, attributes: attributes{Enabled: enabled, NotBefore: in.Attributes.NotBefore, Expires: in.Attributes.Expires}}, true
}

// set writes a new version of a secret.
func (v *vault) set(w http.ResponseWriter, r *http.Request, base string, part []string) {
	in, next, ok := readWritten(w, r)
	if !ok {
		return
	}
	if in.Value == nil {
		fail(w, http.StatusBadRequest, "BadParameter", "", "Property  has invalid value")
		return
	}
	if versions := v.objects["secrets/"+part[1]]; len(versions) > 0 && versions[len(versions)-1].deleted != "" {
		fail(w, http.StatusConflict, "Conflict", "ObjectIsDeletedButRecoverable", "Secret %s is currently in a deleted but recoverable state, and its name cannot be "+
			"reused; in this state, the secret can only be recovered or purged.", part[1])
		return
	}
	next.value = *in.Value
	v.put(part[1], next)
	answer(w, http.StatusOK, next.shown(base, part))
}

// remove deletes a secret, which can be recovered.
func (v *vault) remove(w http.ResponseWriter, base string, part []string) {
	versions := v.objects["secrets/"+part[1]]
	if len(versions) == 0 || versions[len(versions)-1].deleted != "" {
		missing(w, part)
		return
	}
	for _, each := range versions {
		each.deleted = "yes"
	}
	shown := versions[len(versions)-1].shown(base, part)
	delete(shown, "value")
	shown["recoveryId"] = base + "deletedsecrets/" + part[1]
	shown["deletedDate"], shown["scheduledPurgeDate"] = time.Now().Unix(), time.Now().Add(90*24*time.Hour).Unix()
	answer(w, http.StatusOK, shown)
}

// createKey makes a key, whose private part nobody sees.
func (v *vault) createKey(w http.ResponseWriter, r *http.Request, base string, part []string) {
	in, next, ok := readWritten(w, r)
	if !ok {
		return
	}
	if err := v.addKey(part[1], in.Kty, next); err != nil {
		fail(w, http.StatusBadRequest, "BadParameter", "", "%s", err)
		return
	}
	answer(w, http.StatusOK, next.shown(base, part[:2]))
}

func (v *vault) addKey(name, kind string, next *version) error {
	var public any
	switch kind {
	case "EC":
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return err
		}
		public = &key.PublicKey
	case "RSA":
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return err
		}
		public = &key.PublicKey
	default:
		return errors.New("property kty has invalid value")
	}
	next.key = &jose.JSONWebKey{Key: public}
	v.add("keys/"+name, next)
	return nil
}

// importCertificate takes a certificate with its key, PEM, which is a secret of the same name then.
func (v *vault) importCertificate(w http.ResponseWriter, r *http.Request, base string, part []string) {
	in, next, ok := readWritten(w, r)
	if !ok {
		return
	}
	if in.Value == nil {
		fail(w, http.StatusBadRequest, "BadParameter", "", "Property  has invalid value")
		return
	}
	if err := v.addCertificate(part[1], *in.Value, next); err != nil {
		fail(w, http.StatusBadRequest, "BadParameter", "", "%s", err)
		return
	}
	answer(w, http.StatusOK, next.shown(base, part[:2]))
}

func (v *vault) addCertificate(name, content string, next *version) error {
	for rest := []byte(content); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "CERTIFICATE" && next.der == nil {
			next.der = block.Bytes
		}
	}
	if next.der == nil || !strings.Contains(content, "PRIVATE KEY") {
		return errors.New("the specified PEM X.509 certificate content is in an unexpected format")
	}
	secret := *next
	secret.value = content
	v.add("certificates/"+name, next)
	v.put(name, &secret)
	return nil
}
