package provider

import (
	"net/http"
	"strconv"
	"time"
)

// RetryAfter is how long an HTTP answer asks to be left alone; zero where it does not say, or says what can't be read.
func RetryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
