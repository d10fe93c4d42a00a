package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// ErrExpired means that a watch can't go on from a version: what has happened since must be learnt from a list.
var ErrExpired = errors.New("the version to watch from is too old")

// Watch hands out what happens to the objects of resource after version, as raw JSON, until the API server ends it, which it does
// after some minutes, or ctx is done. It returns the version to go on from. The error is ErrExpired where there is none.
func (c *Client) Watch(
	ctx context.Context, resource, namespace string, selector Selector, version string, each func(watch.EventType, json.RawMessage),
) (string, error) {
	body, err := c.selected(resource, namespace, selector).
		Param("watch", "true").Param("allowWatchBookmarks", "true").Param("resourceVersion", version).Stream(ctx)
	if err != nil {
		return version, watchError(resource, err)
	}
	defer body.Close()
	for events := json.NewDecoder(body); ; {
		var event struct {
			Type   watch.EventType `json:"type"`
			Object json.RawMessage `json:"object"`
		}
		if err := events.Decode(&event); err != nil {
			if errors.Is(err, io.EOF) || ctx.Err() != nil {
				return version, nil
			}
			return version, watchError(resource, err)
		}
		if event.Type == watch.Error {
			var status metav1.Status
			if err := json.Unmarshal(event.Object, &status); err != nil {
				return version, watchError(resource, err)
			}
			return version, watchError(resource, apierrors.FromObject(&status))
		}
		var object struct{ Metadata metav1.ListMeta }
		if err := json.Unmarshal(event.Object, &object); err == nil && object.Metadata.ResourceVersion != "" {
			version = object.Metadata.ResourceVersion
		}
		if event.Type != watch.Bookmark {
			each(event.Type, event.Object)
		}
	}
}

func watchError(resource string, err error) error {
	if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
		return fmt.Errorf("watch %s: %w: %w", resource, ErrExpired, err)
	}
	return fmt.Errorf("watch %s: %w", resource, err)
}
