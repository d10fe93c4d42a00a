package report

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/object"
)

// historyBytes bounds a ConfigMap of reports: a quarter below what the API server takes.
const historyBytes = 768 << 10

// History is a ConfigMap that keeps the reports of the last runs, each under its id.
type History struct {
	Objects         *object.Client
	Namespace, Name string
	// Keep is how many runs are kept of each shard, of which there are Shards.
	Keep, Shards int
}

// Put stores the report of a run, in the place of what it had stored before, and drops the oldest. Shards may do it at the same
// time.
func (h *History) Put(ctx context.Context, run *Run) error {
	entry, err := h.encode(run)
	if err != nil {
		return err
	}
	ref := object.Ref{API: "/api/v1", Resource: "configmaps", Namespace: h.Namespace, Name: h.Name}
	again := func(err error) bool { return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) }
	backoff := retry.DefaultBackoff
	backoff.Steps = 8 // as many shards may want it at the same time
	return retry.OnError(backoff, again, func() error {
		var kept corev1.ConfigMap
		write := h.Objects.Update
		err := h.Objects.Get(ctx, ref, &kept)
		if apierrors.IsNotFound(err) {
			write = h.Objects.Create
			kept = corev1.ConfigMap{
				TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, ObjectMeta: metav1.ObjectMeta{Namespace: h.Namespace, Name: h.Name},
			}
		} else if err != nil {
			return err
		}
		if kept.Data == nil {
			kept.Data = map[string]string{}
		}
		kept.Data[run.ID] = entry
		h.drop(kept.Data)
		return write(ctx, ref, &kept)
	})
}

// drop takes the oldest entries away: more than are kept of each shard, and more than fit.
func (h *History) drop(data map[string]string) {
	ids := slices.Sorted(maps.Keys(data))
	of := map[string]int{}
	size := 0
	for _, id := range slices.Backward(ids) {
		shard := shardOf(id)
		of[shard]++
		if size += len(id) + len(data[id]); of[shard] > h.Keep || size > historyBytes {
			size -= len(id) + len(data[id])
			delete(data, id)
		}
	}
}

// shardOf is what ends the id of a run of a shard; empty for others.
func shardOf(id string) string {
	const parts = 3 // time, random, shard
	if split := strings.SplitN(id, "-", parts); len(split) == parts {
		return split[parts-1]
	}
	return ""
}

// encode writes a run as JSON, with as many results as its share of the room allows.
func (h *History) encode(run *Run) (string, error) {
	room := historyBytes / (max(h.Keep, 1) * max(h.Shards, 1))
	short := *run
	for {
		body, err := json.Marshal(short)
		if err != nil {
			return "", fmt.Errorf("encode the report: %w", err)
		}
		switch {
		case len(body) <= room:
			return string(body), nil
		case len(short.Results) > 0:
			short.Results = short.Results[:len(short.Results)/2]
			short.LeftOut = run.LeftOut + len(run.Results) - len(short.Results)
		case len(short.Causes) > 1:
			short.Causes = short.Causes[:len(short.Causes)/2]
		case len(short.Notes)+len(short.Stores)+len(short.Stalest) > 0:
			short.Notes, short.Stores, short.Stalest = nil, nil, nil
		default:
			return string(body), nil // counts only: that fits anyhow
		}
	}
}
