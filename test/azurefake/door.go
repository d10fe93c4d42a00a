package main

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// door is the plain listener: a proxy to the hosts of Azure, the identity of a machine, and what tests arrange.
func (a *azure) door(clouds string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/metadata/identity/oauth2/token", a.machine)
	mux.HandleFunc("/msi/token", a.machine)
	mux.Handle("/control/", http.StripPrefix("/control", a.control()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			mux.ServeHTTP(w, r)
			return
		}
		host, port, _ := net.SplitHostPort(r.Host)
		if port != "443" || !isOurs(host) {
			http.Error(w, "there is no such host", http.StatusBadGateway)
			return
		}
		tunnel(w, r, clouds)
	})
}

// tunnel passes bytes on, both ways.
func tunnel(w http.ResponseWriter, r *http.Request, to string) {
	there, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = there.Close() }()
	w.WriteHeader(http.StatusOK)
	here, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = here.Close() }()
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(there, buffered) // whichever end closes, the other follows
		_ = there.Close()
	})
	_, _ = io.Copy(here, there)
	_ = here.Close()
	both.Wait()
}

// authorities are where the key vaults of a cloud send who has no token. Any other cloud has its own below a domain.
func authorityOf(resource string) string {
	switch resource {
	case "https://vault.azure.net":
		return "login.microsoftonline.com"
	case "https://vault.usgovcloudapi.net":
		return "login.microsoftonline.us"
	case "https://vault.azure.cn":
		return "login.chinacloudapi.cn"
	default:
		return "login." + strings.TrimPrefix(resource, "https://vault.")
	}
}

// vaultOf tells which key vault of which cloud a host is.
func vaultOf(host string) (vault, resource string, ok bool) {
	vault, rest, ok := strings.Cut(host, ".")
	return vault, "https://" + rest, ok && strings.HasPrefix(rest, "vault.")
}

func isOurs(host string) bool {
	_, _, isVault := vaultOf(host)
	return isVault || strings.HasPrefix(host, "login.")
}

// route tells Microsoft Entra ID and key vaults apart by the host, as the network does.
func (a *azure) route(w http.ResponseWriter, r *http.Request) {
	host, _, found := strings.Cut(r.Host, ":")
	if !found {
		host = r.Host
	}
	defer a.linger(r)()
	if fault := a.pass(r.Method, host+r.URL.Path); fault != nil {
		fault.answer(w)
		return
	}
	if vault, resource, ok := vaultOf(host); ok {
		a.vault(w, r, vault, resource)
		return
	}
	a.entra(w, r, host)
}
