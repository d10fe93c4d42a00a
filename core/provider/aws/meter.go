package aws

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// metered makes a client count its requests by "service.Operation", on both sides of the SDK's retries: a call passes the one once
// and the other with each attempt. Calls that never left do not count.
func metered(meter *provider.Meter) []func(*middleware.Stack) error {
	begin := middleware.FinalizeMiddlewareFunc("BeginCall",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			return next.HandleFinalize(meter.Call(ctx), in)
		})
	throttles := retry.IsErrorThrottles(retry.DefaultThrottles)
	count := middleware.FinalizeMiddlewareFunc("CountRequests",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			began := time.Now()
			out, metadata, err := next.HandleFinalize(ctx, in)
			if operation := operationOf(ctx); operation != "" {
				meter.Request(ctx, operation, time.Since(began), throttles.IsErrorThrottle(err) == aws.TrueTernary)
			}
			return out, metadata, err
		})
	return []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
		if err := stack.Finalize.Insert(begin, "Retry", middleware.Before); err != nil {
			return err
		}
		return stack.Finalize.Insert(count, "Retry", middleware.After)
	}}
}

// operationOf names the operation of a request; empty for what is no request to AWS: a Pod asks its own node for credentials, for
// example.
func operationOf(ctx context.Context) string {
	service, operation := awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx)
	if service == "" || operation == "" {
		return ""
	}
	// Without the space that "Secrets Manager" has, which paths such as jsonpath's would stumble over.
	return strings.ReplaceAll(service, " ", "") + "." + operation
}
