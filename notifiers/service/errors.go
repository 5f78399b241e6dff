package service

import (
	"errors"
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"

	"github.com/nicholas-fedor/shoutrrr/pkg/util/jsonclient"

	"upgradehub/notifiers"
)

// judge makes a SendError of what the library says, in words of our own.
func judge(err error) *notifiers.SendError {
	if f := network(err); f != nil {
		return f
	}
	status := statusOf(err)
	f := &notifiers.SendError{Code: strconv.Itoa(status), Err: errors.New("the service refused it")}
	switch {
	case errors.Is(err, errSetup):
		f.Code, f.Err = "setup", errSetup
	case status == 0:
		// Most services say only in words what went wrong, and some fail at
		// reading an answer to what was taken.
		f.Code, f.Ambiguous = "refused", true
	case status == 401, status == 403, status == 404, status == 410:
		f.Permanent, f.TargetBroken = true, true
	case status == 400, status == 405, status == 413, status == 415, status == 422:
		f.Permanent = true
	}
	return f
}

// network is the error of a request without an answer; nil if there was one.
func network(err error) *notifiers.SendError {
	request, ok := errors.AsType[*url.Error](err)
	if !ok {
		return nil
	}
	f := &notifiers.SendError{Code: "network", Ambiguous: true, Err: errors.New("the service was not reached, or did not answer")}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		f.Ambiguous = false
	}
	if request.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) {
		f.Code = "timeout"
	}
	return f
}

// status is how services word the HTTP status they got: the library has a
// type for it that only some use.
var status = regexp.MustCompile(`(?:^|[^\d.])([345]\d\d)(?:\d\d)?(?:[^\d.]|$)`)

func statusOf(err error) int {
	if answer, ok := errors.AsType[jsonclient.Error](err); ok {
		return answer.StatusCode
	}
	code := 0
	if m := status.FindStringSubmatch(err.Error()); m != nil {
		code, _ = strconv.Atoi(m[1]) // three digits
	}
	return code
}
