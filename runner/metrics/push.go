package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/report"
)

// group is where a Pushgateway keeps what was pushed, unless the URL says so itself.
const group = "/metrics/job/externalsecret-runner"

// CheckURL tells what is wrong with the URL of a Pushgateway: nil if nothing is.
func CheckURL(gateway string) error {
	parsed, err := url.Parse(gateway)
	if err != nil {
		return errors.New("it is no URL") // the text might have a password in it
	}
	if (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Host == "" || parsed.RawQuery != "" || parsed.Fragment != "" {
		return errors.New("it must be an http or https URL such as http://pushgateway.monitoring:9091")
	}
	return nil
}

// Push sends the metrics of a run to a Pushgateway, as the group of the job externalsecret-runner, or of what the path of the URL
// names, and of the shard. Metrics of the same names are replaced; so the time of the last success outlives a run that fails.
func Push(ctx context.Context, gateway string, run *report.Run, now time.Time) error {
	target, err := url.Parse(gateway)
	if err != nil {
		return err
	}
	if !strings.Contains(target.Path, "/metrics/") {
		target = target.JoinPath(group)
	}
	if run.Shard != nil {
		target = target.JoinPath("shard", strconv.Itoa(run.Shard.Index))
	}
	// POST and not PUT, which would take away what this run does not tell.
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), strings.NewReader(textOf(run, now)))
	if err != nil {
		return fmt.Errorf("push the metrics: %w", err)
	}
	request.Header.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("push the metrics: %w", err) // in which a password of the URL is hidden
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		const enough = 300
		said, _ := io.ReadAll(io.LimitReader(response.Body, enough)) // what it says is a courtesy
		return fmt.Errorf("push the metrics to %s: HTTP status %d: %q", target.Redacted(), response.StatusCode, said)
	}
	return nil
}
