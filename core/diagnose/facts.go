package diagnose

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// factsOf are what the chain of err says to programs, in the form in which rules name it. That an error is there at all says that it is
// one of the pipeline's: "@error=ours".
func factsOf(err error) []string {
	facts := []string{"@error=ours"}
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, "@"+name+"="+strings.ToLower(value))
		}
	}
	var refused *provider.Error
	if errors.As(err, &refused) {
		add("kind", string(refused.Kind))
		add("op", refused.Op)
		add("code", refused.Code)
	}
	var answered apierrors.APIStatus
	if errors.As(err, &answered) {
		status := answered.Status()
		add("reason", string(status.Reason))
		if status.Details != nil {
			add("on", status.Details.Kind)
			for _, cause := range status.Details.Causes {
				add("cause", string(cause.Type))
				add("field", cause.Field)
			}
		}
	}
	for name, known := range map[string]bool{
		"unknown-authority": is[x509.UnknownAuthorityError](err),
		"hostname":          is[x509.HostnameError](err),
		"invalid":           is[x509.CertificateInvalidError](err),
	} {
		if known {
			add("certificate", name)
		}
	}
	var network net.Error
	var lookup *net.DNSError
	switch {
	case errors.As(err, &lookup):
		add("net", "lookup")
	case errors.Is(err, syscall.ECONNREFUSED):
		add("net", "refused")
	case errors.Is(err, context.Canceled):
		add("net", "canceled")
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		add("net", "timeout")
	}
	return facts
}

// is tells whether an error of type E is in the chain of err.
func is[E error](err error) bool {
	var wanted E
	return errors.As(err, &wanted)
}
