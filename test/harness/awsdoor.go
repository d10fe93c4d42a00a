package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// AWSRegion is the region of Env and of everything put into an endpoint that names no other.
	AWSRegion = "us-east-1"
	// AWSAccount is the account of Env's key.
	AWSAccount = "123456789012"

	doorReady   = 30 * time.Second
	controlPath = "/_fake/"
)

// AWSDoor is what the fake and the gate in front of moto have in common: an address, keys, counters, and ways to disturb requests.
type AWSDoor struct {
	url string
}

// startDoor starts a program of the module test/awsfake and stops it with the test.
func startDoor(t testing.TB, pkg string, args ...string) AWSDoor {
	t.Helper()
	Need(t)
	bin, err := shared.build(program{module: "test/awsfake", pkg: pkg})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), doorReady)
	defer cancel()
	c, line, err := startChild(ctx, bin, args...)
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := c.stop(); err != nil {
			t.Errorf("stop the AWS endpoint: %v", err)
		}
	})
	var ready struct{ URL string }
	require.NoError(t, json.Unmarshal(line, &ready), "first line of %s: %s", bin, line)
	return AWSDoor{url: ready.URL}
}

// URL is what AWS_ENDPOINT_URL is set to.
func (d AWSDoor) URL() string { return d.url }

// Env are the variables by which an AWS SDK finds the endpoint and a key that may do everything, and nothing else that the
// developer's own environment might offer.
func (d AWSDoor) Env() []string {
	admin := adminKey()
	return append(d.EnvWithoutKey(), "AWS_ACCESS_KEY_ID="+admin.ID, "AWS_SECRET_ACCESS_KEY="+admin.Secret)
}

// EnvWithoutKey is Env for a program that is to get its credentials in another way, or to have none.
func (d AWSDoor) EnvWithoutKey() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + d.url, "AWS_REGION=" + AWSRegion, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN=", "AWS_PROFILE=",
	}
}

// Key adds an access key.
func (d AWSDoor) Key(t testing.TB, key AWSKey) {
	t.Helper()
	d.post(t, "keys", key)
}

// Fault makes the next requests fail.
func (d AWSDoor) Fault(t testing.TB, fault AWSFault) {
	t.Helper()
	d.post(t, "fault", fault)
}

// ClearFaults ends all faults.
func (d AWSDoor) ClearFaults(t testing.TB) {
	t.Helper()
	d.post(t, "fault/clear", struct{}{})
}

// Throttle lets an operation, one of the Op constants, be asked for so many times a second, and refuses what exceeds that; 0 lifts
// the limit.
func (d AWSDoor) Throttle(t testing.TB, op string, perSecond float64) {
	t.Helper()
	d.post(t, "throttle", map[string]any{"op": op, "rps": perSecond})
}

// Latency makes an operation take at least so long; op is one of the Op constants, or empty for all others.
func (d AWSDoor) Latency(t testing.TB, op string, latency time.Duration) {
	t.Helper()
	d.post(t, "latency", map[string]any{"op": op, "ms": float64(latency) / float64(time.Millisecond)})
}

// Clock puts the endpoint's clock ahead of the one here, or behind it.
func (d AWSDoor) Clock(t testing.TB, ahead time.Duration) {
	t.Helper()
	d.post(t, "clock", map[string]any{"ahead": ahead.Seconds()})
}

// Expire ends all open temporary credentials after life at the latest, without their holders being told, and limits those handed
// out later to the same life, which their holders are told. 0 ends the open ones and leaves later ones alone.
func (d AWSDoor) Expire(t testing.TB, life time.Duration) {
	t.Helper()
	d.post(t, "expire", map[string]any{"seconds": life.Seconds()})
}

// Counters reads what has been asked since the start or the last ResetCounters.
func (d AWSDoor) Counters(t testing.TB) Counters {
	t.Helper()
	var c Counters
	d.get(t, "counters", &c)
	return c
}

// Sessions reads all sessions opened so far, oldest first.
func (d AWSDoor) Sessions(t testing.TB) []AWSSession {
	t.Helper()
	var all []AWSSession
	d.get(t, "sessions", &all)
	return all
}

// ResetCounters sets all counters to zero.
func (d AWSDoor) ResetCounters(t testing.TB) {
	t.Helper()
	d.post(t, "reset", struct{}{})
}

func (d AWSDoor) post(t testing.TB, path string, in any) {
	t.Helper()
	body, err := json.Marshal(in)
	require.NoError(t, err)
	d.control(t, http.MethodPost, path, body)
}

func (d AWSDoor) get(t testing.TB, path string, out any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(d.control(t, http.MethodGet, path, nil), out))
}

// control sends a request to the control side. It works in cleanups too, when the test's own context has ended.
func (d AWSDoor) control(t testing.TB, method, path string, body []byte) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, d.url+controlPath+path, bytes.NewReader(body))
	require.NoError(t, err)
	direct := &http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}} // it is on this machine, whatever its address
	response, err := direct.Do(request)
	require.NoError(t, err)
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, errors.Join(err, response.Body.Close()))
	require.Less(t, response.StatusCode, 300, "%s %s: %s", method, path, answer)
	return answer
}
