package aws

import (
	"context"
	"maps"
	"strings"
	"sync"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// counter counts requests as they leave, by "service.Operation", so that retries count and calls that never left do not.
type counter struct {
	mu     sync.Mutex
	counts map[string]int
}

func newCounter() *counter { return &counter{counts: map[string]int{}} }

func (c *counter) snapshot() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.counts)
}

// add counts a request. What has no name is no request to AWS: a Pod asks its own node for credentials, for example.
func (c *counter) add(service, operation string) {
	if service == "" || operation == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Without the space that "Secrets Manager" has, which paths such as jsonpath's would stumble over.
	c.counts[strings.ReplaceAll(service, " ", "")+"."+operation]++
}

// middleware puts the counter after the SDK's retries, where each attempt passes.
func (c *counter) middleware() []func(*middleware.Stack) error {
	count := middleware.FinalizeMiddlewareFunc("CountRequests",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			c.add(awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx))
			return next.HandleFinalize(ctx, in)
		})
	return []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(count, "Retry", middleware.After)
	}}
}
