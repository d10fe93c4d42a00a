package vault

import (
	"cmp"
	"net/http"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// retriesOf is how often requests of a store are made: as often as by Vault's own client.
func (p Provider) retriesOf(store provider.Store) (provider.Retries, error) {
	return provider.Retries{Attempts: 3, First: cmp.Or(p.Backoff, 500*time.Millisecond), Longest: 10 * time.Second}.Of(store)
}

// isTransient tells whether the same request may well succeed a little later. A standby that is behind says 412.
func isTransient(status int, err error) bool {
	switch status {
	case 0:
		return provider.KindOf(err) == provider.Unavailable && !provider.Unverified(err)
	case http.StatusPreconditionFailed, http.StatusTooManyRequests:
		return true
	default:
		return status >= http.StatusInternalServerError && status != http.StatusNotImplemented
	}
}
