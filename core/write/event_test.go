package write_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// log holds Events by name.
type log struct {
	events   map[string]*corev1.Event
	requests []string
	err      error
}

func (l *log) CreateEvent(_ context.Context, e *corev1.Event) error {
	l.requests = append(l.requests, "create")
	if l.err != nil {
		return l.err
	}
	if _, ok := l.events[e.Name]; ok {
		return apierrors.NewAlreadyExists(corev1.Resource("events"), e.Name)
	}
	if l.events == nil {
		l.events = map[string]*corev1.Event{}
	}
	l.events[e.Name] = e
	return nil
}

func (l *log) GetEvent(_ context.Context, _, name string) (*corev1.Event, error) {
	l.requests = append(l.requests, "get")
	if e, ok := l.events[name]; ok {
		return e, nil
	}
	return nil, apierrors.NewNotFound(corev1.Resource("events"), name)
}

func (l *log) PatchEvent(_ context.Context, _, name string, patch []byte) error {
	l.requests = append(l.requests, "patch")
	e, ok := l.events[name]
	if !ok {
		return apierrors.NewNotFound(corev1.Resource("events"), name)
	}
	return json.Unmarshal(patch, e)
}

func (l *log) only(t *testing.T) *corev1.Event {
	t.Helper()
	require.Len(t, l.events, 1)
	for _, e := range l.events {
		return e
	}
	return nil
}

func eventsOf(l *log) *write.Events {
	return &write.Events{Writer: l, APIVersion: "external-secrets.io/v1", Component: "kubectl-externalsecret"}
}

func TestRecord(t *testing.T) {
	es := externalSecret(t, "{metadata: {resourceVersion: '77'}}")
	warn := func(t *testing.T, l *log, message string, at time.Time, repeated bool) {
		t.Helper()
		require.NoError(t, eventsOf(l).Record(t.Context(), es, corev1.EventTypeWarning, api.EventUpdateFailed, message, at, repeated))
	}
	t.Run("an Event is about the ExternalSecret and from the program", func(t *testing.T) {
		l := &log{}
		warn(t, l, "no", began, false)
		e := l.only(t)
		assert.Equal(t, "shop", e.Namespace)
		assert.Equal(t, corev1.ObjectReference{
			APIVersion: "external-secrets.io/v1", Kind: "ExternalSecret", Namespace: "shop", Name: "db", UID: "uid-1", ResourceVersion: "77",
		}, e.InvolvedObject)
		assert.Equal(t, []string{"Warning", "UpdateFailed", "no", "kubectl-externalsecret"}, []string{e.Type, e.Reason, e.Message, e.Source.Component})
		assert.Equal(t, int32(1), e.Count)
		assert.True(t, e.FirstTimestamp.Time.Equal(began) && e.LastTimestamp.Time.Equal(began))
	})
	for name, tc := range map[string]struct {
		repeated bool
		requests []string
	}{
		"a warning that is known to be there is counted in two requests":   {true, []string{"create", "get", "patch"}},
		"a warning that came back after a success is counted all the same": {false, []string{"create", "create", "get", "patch"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := &log{}
			warn(t, l, "no", began, false)
			warn(t, l, "no", began.Add(time.Hour), tc.repeated)
			e := l.only(t)
			assert.Equal(t, int32(2), e.Count)
			assert.True(t, e.FirstTimestamp.Time.Equal(began))
			assert.True(t, e.LastTimestamp.Time.Equal(began.Add(time.Hour)))
			assert.Equal(t, tc.requests, l.requests)
		})
	}
	t.Run("a warning that has expired is made anew", func(t *testing.T) {
		l := &log{}
		warn(t, l, "no", began, true)
		assert.Equal(t, int32(1), l.only(t).Count)
		assert.Equal(t, []string{"get", "create"}, l.requests)
	})
	t.Run("other words are another warning", func(t *testing.T) {
		l := &log{}
		warn(t, l, "no", began, false)
		warn(t, l, "never", began, false)
		assert.Len(t, l.events, 2)
	})
	t.Run("a normal Event is one request each time", func(t *testing.T) {
		l := &log{}
		for i := range 3 {
			at := began.Add(time.Duration(i) * time.Millisecond)
			require.NoError(t, eventsOf(l).Record(t.Context(), es, corev1.EventTypeNormal, api.EventUpdated, api.EventMessageUpdated, at, false))
		}
		assert.Len(t, l.events, 3)
		assert.Equal(t, []string{"create", "create", "create"}, l.requests)
	})
	t.Run("an error of the API server is handed on", func(t *testing.T) {
		l := &log{err: errors.New("no room")}
		require.EqualError(t, eventsOf(l).Record(t.Context(), es, corev1.EventTypeWarning, "R", "m", began, false), "no room")
	})
	for name, object := range map[string]string{
		"a short name":                     "db",
		"a name with dots":                 "db.of.shop",
		"the longest name":                 strings.Repeat("a", 253),
		"a long name that is cut at a dot": strings.Repeat("a", 235) + "." + strings.Repeat("b", 10),
		"a long name that is cut at signs": strings.Repeat("a", 230) + "------" + strings.Repeat("b", 10),
	} {
		t.Run("an Event of "+name+" has a valid name that begins with it", func(t *testing.T) {
			l := &log{}
			es := externalSecret(t, "{metadata: {name: "+object+"}}")
			require.NoError(t, eventsOf(l).Record(t.Context(), es, corev1.EventTypeWarning, "R", "m", began, false))
			e := l.only(t)
			assert.Empty(t, validation.IsDNS1123Subdomain(e.Name))
			assert.True(t, strings.HasPrefix(e.Name, object[:min(len(object), 230)]))
			assert.Equal(t, object, e.InvolvedObject.Name)
		})
	}
}
