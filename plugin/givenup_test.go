package plugin

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

// logged captures what the client library logs while do runs.
func logged(t *testing.T, do func()) string {
	t.Helper()
	var log bytes.Buffer
	state := klog.CaptureState()
	defer state.Restore()
	klog.LogToStderr(false)
	klog.SetOutput(&log)
	do()
	klog.Flush()
	return log.String()
}

// cancelsBeforeTheBody cancels when an answer has begun.
type cancelsBeforeTheBody struct {
	http.RoundTripper
	cancel func()
}

func (c cancelsBeforeTheBody) RoundTrip(r *http.Request) (*http.Response, error) {
	defer c.cancel()
	return c.RoundTripper.RoundTrip(r)
}

func TestTheClientLibraryLogsNothingAboutARequestThatWasGivenUp(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(quietAboutGivenUp(t.Context()))
	config := &rest.Config{Host: server.URL}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return cancelsBeforeTheBody{next, cancel} })
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	assert.Empty(t, logged(t, func() {
		_, err := client.CoreV1().Pods("shop").List(ctx, metav1.ListOptions{})
		require.ErrorIs(t, err, context.Canceled)
	}))
}

func TestOtherErrorsOfTheClientLibraryAreLoggedWhereTheyArose(t *testing.T) {
	log := logged(t, func() {
		logger := klog.FromContext(quietAboutGivenUp(t.Context())).WithName("client").WithValues("host", "example")
		logger.Error(errors.New("reset by peer"), "No answer")
	})
	assert.Contains(t, log, `"No answer" err="reset by peer" logger="client" host="example"`)
	assert.Contains(t, log, "givenup_test.go:")
}
