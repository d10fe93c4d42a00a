package diagnose

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// structured is an error and the cause that it has to be recognised as.
type structured struct {
	id  string
	err error
}

// ofErrors are errors that say more to a program than their texts say to a person.
func ofErrors() []structured {
	secrets := corev1.Resource("secrets")
	invalid := func(errs ...*field.Error) error {
		return apierrors.NewInvalid(schema.GroupKind{Kind: "Secret"}, "app", errs)
	}
	terminating := apierrors.NewForbidden(secrets, "app", errors.New("unable to create new content in namespace shop because it is being terminated"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	at := func(kind provider.Kind, op, code, message string) error {
		return fmt.Errorf("spec.data[0]: %w", &provider.Error{Kind: kind, Op: op, Code: code, Message: message})
	}
	over := func(err error) error { return &url.Error{Op: "Get", URL: "https://10.0.0.7:6443/api", Err: err} }
	return []structured{
		{"AWS-27", at(provider.Denied, "GetSecretValue", "AccessDeniedException", "in words that nobody knows")},
		{"AWS-28", at(provider.Denied, "GetParameters", "AccessDeniedException", "in words that nobody knows")},
		{"AWS-24", at(provider.Denied, "ListSecrets", "AccessDeniedException", "in words that nobody knows")},
		{"AWS-03", at(provider.Denied, "AssumeRoleWithWebIdentity", "AccessDenied", "in words that nobody knows")},
		{"AWS-02", at(provider.Denied, "AssumeRole", "AccessDenied", "in words that nobody knows")},
		{"AWS-11", at(provider.Unauthenticated, "GetCredentials", "", "in words that nobody knows")},
		{"AWS-05", at(provider.Unauthenticated, "", "InvalidIdentityToken", "")},
		{"DAT-08", at(provider.NotFound, "", "", "in words that nobody knows")},
		{"THR-50", at(provider.Throttled, "Get", "", "in words that nobody knows")},
		{"NET-54", at(provider.Unavailable, "Get", "", "in words that nobody knows")},
		{Unknown, at(provider.Unknown, "Get", "Teapot", "short and stout")},
		{Unknown, errors.New("in words that nobody knows")},

		{"K8S-08", apierrors.NewForbidden(secrets, "app", errors.New("in words that nobody knows"))},
		{"K8S-50", apierrors.NewForbidden(secrets, "app", errors.New("exceeded quota: small, requested: secrets=1, used: secrets=5, limited: secrets=5"))},
		{"K8S-15", terminating},
		{"K8S-51", &provider.Error{Kind: provider.Unauthenticated, Op: "Get", Cause: apierrors.NewUnauthorized("in words that nobody knows")}},
		{"K8S-09", invalid(field.TooLong(field.NewPath("data"), "", 1<<20))},
		{"DAT-05", invalid(field.Invalid(field.NewPath("data").Key("a/b"), "a/b", "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"))},
		{"K8S-17", invalid(field.Invalid(field.NewPath("type"), "Opaque", "field is immutable"))},
		{"K8S-52", invalid(field.Forbidden(field.NewPath("data"), "field is immutable when `immutable` is set"))},
		{"K8S-18", apierrors.NewConflict(secrets, "app", errors.New("in words that nobody knows"))},
		{"K8S-18", apierrors.NewAlreadyExists(secrets, "app")},
		{"K8S-23", apierrors.NewNotFound(secrets, "app")},
		{"K8S-23", fmt.Errorf("get secret %q: %w", "app", apierrors.NewNotFound(secrets, "app"))},
		{"K8S-15", fmt.Errorf("could not update secret: create secret %q: %w", "app", apierrors.NewNotFound(corev1.Resource("namespaces"), "shop"))},

		{"TLS-01", over(x509.UnknownAuthorityError{})},
		{"TLS-50", over(x509.HostnameError{Certificate: &x509.Certificate{}, Host: "db"})},
		{"TLS-03", over(x509.CertificateInvalidError{Reason: x509.Expired})},
		{"NET-50", over(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "in words that nobody knows", Name: "db"}})},
		{"NET-51", over(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)})},
		{"NET-03", over(os.ErrDeadlineExceeded)},
		{"NET-03", context.DeadlineExceeded},
		{"NET-53", context.Canceled},

		{"K8S-13", kube.ErrNoCRDs},
		{"K8S-56", fmt.Errorf("spec.target.manifest: %w: the API server has no Pot in v1", kube.ErrKind)},
		{"K8S-52", fmt.Errorf("%w: delete Secret %q to have it made anew", write.ErrImmutable, "app")},
		{"K8S-02", fmt.Errorf("%w: ExternalSecret %q; give one of them another spec.target.name", write.ErrOwnedByAnother, "other")},
		{"K8S-53", fmt.Errorf("%w: its controller is %s %q", write.ErrOwnership, "Deployment", "other")},
		{"STO-50", &resolve.OtherClassError{Store: `SecretStore "eso"`, Class: "eso", Ours: "default"}},
	}
}

func TestWhatAnErrorSaysToProgramsCounts(t *testing.T) {
	for _, s := range ofErrors() {
		got := Error(s.err, nil)
		assert.Equal(t, s.id, got.ID, "%v", s.err)
		assert.Equal(t, got, Error(fmt.Errorf("could not get secret data from provider: %w", s.err), nil), "wrapped: %v", s.err)
	}
}
