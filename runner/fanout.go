package runner

import (
	"context"
	"log/slog"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
)

// logFanOut logs what became of a ClusterExternalSecret.
func logFanOut(ctx context.Context, log *slog.Logger, r fanout.Result) {
	level := slog.LevelInfo
	switch r.Outcome {
	case fanout.Skipped, fanout.Unchanged:
		level = slog.LevelDebug
	case fanout.Failed:
		level = slog.LevelError
	}
	attributes := []any{"name", r.Name, "outcome", r.Outcome, "matched", r.Matched}
	for _, did := range []struct {
		what       string
		namespaces []string
	}{{"created", r.Created}, {"changed", r.Changed}, {"deleted", r.Deleted}} {
		if len(did.namespaces) > 0 {
			attributes = append(attributes, did.what, did.namespaces)
		}
	}
	if len(r.Failed) > 0 {
		attributes = append(attributes, "failed", r.Failed)
	}
	if r.Message != "" {
		attributes = append(attributes, "message", r.Message)
	}
	log.Log(ctx, level, "clusterexternalsecret", attributes...)
}
