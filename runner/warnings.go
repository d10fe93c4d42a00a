package runner

import (
	"context"
	"log/slog"
)

// warnings logs what the API server warns of, such as the use of a deprecated version. Codes other than 299 mean nothing in
// Kubernetes.
type warnings struct{ log *slog.Logger }

func (w warnings) HandleWarningHeaderWithContext(_ context.Context, code int, _ string, text string) {
	if code == 299 && text != "" {
		w.log.Debug("API server warns", "warning", text)
	}
}
