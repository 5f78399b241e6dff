package webhook

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"upgradehub/notifiers"
)

// longestWish bounds what a target may ask for: an upgrade is over sooner.
const longestWish = time.Hour

// unanswered is the error of a request without an answer. Once it was sent,
// the target may have taken it.
func unanswered(ctx context.Context, err error, sent bool) *notifiers.SendError {
	// The URL is left out: its path may be what proves who may post there.
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	f := &notifiers.SendError{Code: "network", Ambiguous: sent, Err: err}
	dns, unresolved := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(err, errRefused):
		f.Code, f.Permanent, f.Err = "address", true, errRefused
	case unresolved && dns.IsNotFound:
		f.Code = "name"
	case ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded):
		f.Code = "timeout"
	}
	return f
}

// judge is nil for an answer that accepts the message.
func judge(res *http.Response, now time.Time) error {
	if res.StatusCode/100 == 2 {
		return nil
	}
	f := &notifiers.SendError{Code: strconv.Itoa(res.StatusCode), Err: errors.New(strings.ToLower(http.StatusText(res.StatusCode)))}
	switch res.StatusCode {
	case http.StatusGone:
		f.Permanent, f.TargetBroken = true, true
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		f.Permanent = true
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		f.RetryAfter = wish(res.Header.Get("Retry-After"), now)
	}
	if res.StatusCode/100 == 3 {
		f.Permanent, f.Err = true, errors.New("redirects are not followed")
	}
	return f
}

// wish reads Retry-After, in seconds or as a date.
func wish(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return min(max(time.Duration(min(seconds, 86400))*time.Second, 0), longestWish)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), longestWish)
}
