package main

import (
	"net/http"
	"strconv"
	"time"
)

// machine is the identity of a virtual machine, or, at /msi/token, that of a host of apps.
func (a *azure) machine(w http.ResponseWriter, r *http.Request) {
	if fault := a.pass(r.Method, "machine"+r.URL.Path); fault != nil {
		fault.answer(w)
		return
	}
	refuse := func(status int, code, text string) {
		answer(w, status, map[string]string{"error": code, "error_description": text})
	}
	query, version := r.URL.Query(), "2018-02-01"
	if r.URL.Path == "/msi/token" {
		version = "2019-08-01"
		if r.Header.Get("X-Identity-Header") != "header-of-the-host" {
			refuse(http.StatusUnauthorized, "unauthorized", "The header is missing or wrong")
			return
		}
	} else if r.Header.Get("Metadata") != "true" || r.Header.Get("X-Forwarded-For") != "" {
		refuse(http.StatusBadRequest, "invalid_request", "Required metadata header not specified")
		return
	}
	if query.Get("api-version") != version || query.Get("resource") == "" {
		refuse(http.StatusBadRequest, "invalid_request", "Required query variable is missing")
		return
	}
	a.mu.Lock()
	var who *app
	for _, candidate := range a.apps {
		if candidate.Machine && (candidate.ClientID == query.Get("client_id") || (query.Get("client_id") == "" && candidate.Default)) {
			who = candidate
		}
	}
	lifetime := a.lifetime
	a.mu.Unlock()
	if who == nil {
		refuse(http.StatusBadRequest, "invalid_request", "Identity not found")
		return
	}
	signed, err := a.sign(who, query.Get("resource"), lifetime)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	seconds := int64(lifetime / time.Second)
	answer(w, http.StatusOK, map[string]string{
		"access_token": signed, "client_id": who.ClientID, "expires_in": strconv.FormatInt(seconds, 10), "resource": query.Get("resource"), "token_type": "Bearer",
		"expires_on": strconv.FormatInt(time.Now().Unix()+seconds, 10),
	})
}
