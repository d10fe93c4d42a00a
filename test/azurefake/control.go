package main

import (
	"encoding/json"
	"net/http"
	"time"
)

// control is how tests arrange things. Nothing of it is counted.
func (a *azure) control() http.Handler {
	mux := http.NewServeMux()
	arrange(mux, a, "POST /app", func(who *app) error {
		a.apps[who.ClientID] = who
		return nil
	})
	arrange(mux, a, "POST /secret", func(in *arrangedSecret) error {
		a.vaultNamed(in.Vault).put(in.Name, in.toVersion())
		return nil
	})
	arrange(mux, a, "POST /key", func(in *arrangedObject) error {
		return a.vaultNamed(in.Vault).addKey(in.Name, in.Kty, &version{attributes: attributes{Enabled: true}})
	})
	arrange(mux, a, "POST /certificate", func(in *arrangedObject) error {
		return a.vaultNamed(in.Vault).addCertificate(in.Name, in.Value, &version{attributes: attributes{Enabled: true}})
	})
	arrange(mux, a, "POST /vault", func(in *arrangedVault) error {
		v := a.vaultNamed(in.Name)
		v.policies, v.firewall, v.pageSize = in.Policies, in.Firewall, in.PageSize
		return nil
	})
	arrange(mux, a, "POST /deny", func(in *arrangedDenial) error {
		v := a.vaultNamed(in.Vault)
		v.denied[in.Path] = true
		return nil
	})
	arrange(mux, a, "POST /fault", func(f *fault) error {
		a.faults = append(a.faults, f)
		return nil
	})
	arrange(mux, a, "POST /lifetime", func(seconds *int) error {
		a.lifetime = time.Duration(*seconds) * time.Second
		return nil
	})
	arrange(mux, a, "POST /delay", func(milliseconds *int) error {
		a.delay = time.Duration(*milliseconds) * time.Millisecond
		return nil
	})
	arrange(mux, a, "POST /astray", func(to *string) error {
		a.gone = *to
		return nil
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.faults = nil
		answer(w, http.StatusOK, nil)
	})
	mux.HandleFunc("POST /most", func(w http.ResponseWriter, _ *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		answer(w, http.StatusOK, a.most)
		a.most = a.underway
	})
	mux.HandleFunc("POST /requests", func(w http.ResponseWriter, _ *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		answer(w, http.StatusOK, a.requests)
		a.requests = nil
	})
	return mux
}

// arrange registers what is done with a body.
func arrange[T any](mux *http.ServeMux, a *azure, pattern string, do func(*T) error) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var in T
		err := json.NewDecoder(r.Body).Decode(&in)
		if err == nil {
			a.mu.Lock()
			defer a.mu.Unlock()
			err = do(&in)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(w, http.StatusOK, nil)
	})
}

// arrangedSecret is a new version of a secret.
type arrangedSecret struct {
	Vault    string            `json:"vault"`
	Name     string            `json:"name"`
	Value    string            `json:"value"`
	Tags     map[string]string `json:"tags"`
	Disabled bool              `json:"disabled"`
	Expires  int64             `json:"expires"`
	// Deleted is "yes" for one that was deleted, and "now" for one that is being deleted.
	Deleted string `json:"deleted"`
}

func (s *arrangedSecret) toVersion() *version {
	return &version{value: s.Value, tags: s.Tags, attributes: attributes{Enabled: !s.Disabled, Expires: s.Expires}, deleted: s.Deleted}
}

// arrangedObject is a key, of a type, or a certificate, of PEM.
type arrangedObject struct {
	Vault string `json:"vault"`
	Name  string `json:"name"`
	Kty   string `json:"kty"`
	Value string `json:"value"`
}

// arrangedVault is how a key vault decides. Policies are permissions by client id, in place of roles.
type arrangedVault struct {
	Name     string              `json:"name"`
	Policies map[string][]string `json:"policies"`
	Firewall bool                `json:"firewall"`
	PageSize int                 `json:"pageSize"`
}

// arrangedDenial takes every right to an object away, such as to secrets/db.
type arrangedDenial struct {
	Vault string `json:"vault"`
	Path  string `json:"path"`
}
