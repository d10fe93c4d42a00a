package plugin

import (
	"context"
	"errors"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// quietAboutGivenUp makes the client library log nothing about requests that were cancelled. Whoever gives a request up, because another
// one failed or a person pressed Ctrl-C, says why: the library's own line beside that reads like a second failure.
func quietAboutGivenUp(ctx context.Context) context.Context {
	return klog.NewContext(ctx, logr.New(givenUpSink{klog.NewKlogr().GetSink()}))
}

// givenUpSink passes everything on but errors of cancelled requests.
type givenUpSink struct{ logr.LogSink }

// Error implements logr.LogSink.
func (s givenUpSink) Error(err error, msg string, keysAndValues ...any) {
	if errors.Is(err, context.Canceled) {
		return
	}
	deeper(s.LogSink, 1).Error(err, msg, keysAndValues...)
}

// WithValues implements logr.LogSink.
func (s givenUpSink) WithValues(keysAndValues ...any) logr.LogSink {
	return givenUpSink{s.LogSink.WithValues(keysAndValues...)}
}

// WithName implements logr.LogSink.
func (s givenUpSink) WithName(name string) logr.LogSink {
	return givenUpSink{s.LogSink.WithName(name)}
}

// WithCallDepth implements logr.CallDepthLogSink.
func (s givenUpSink) WithCallDepth(depth int) logr.LogSink {
	return givenUpSink{deeper(s.LogSink, depth)}
}

// deeper makes a sink name as the place of a line the caller so many calls further up.
func deeper(sink logr.LogSink, depth int) logr.LogSink {
	if known, ok := sink.(logr.CallDepthLogSink); ok {
		return known.WithCallDepth(depth)
	}
	return sink
}
