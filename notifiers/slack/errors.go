package slack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	slackapi "github.com/slack-go/slack"

	"upgradehub/notifiers"
)

// errEmptyAnswer is an answer without error and without the ts of a message,
// which the library takes for success.
var errEmptyAnswer = errors.New("answer without a message")

// class is what an error code of Slack's means for the message.
type class int

const (
	transient class = iota
	limited
	lost    // Slack may have done what was asked
	target  // the target refuses everything
	app     // the token or the app is at fault
	content // the blocks or the text are at fault
)

var classes = map[string]class{
	"ratelimited": limited, "rate_limited": limited, workspaceOver: limited,

	"internal_error": lost, "fatal_error": lost,

	"channel_not_found": target, "is_archived": target, "is_inactive": target, "not_in_channel": target,
	"cannot_reply_to_message": target, "no_permission": target, "ekm_access_denied": target,
	"messages_tab_disabled": target, "user_not_found": target, "user_disabled": target, "cannot_dm_bot": target,

	"invalid_auth": app, "not_authed": app, "account_inactive": app, "token_revoked": app, "token_expired": app,
	"missing_scope": app, "not_allowed_token_type": app, "two_factor_setup_required": app, "access_denied": app,

	"msg_too_long": content, "msg_blocks_too_long": content, "no_text": content, "metadata_too_large": content,
	"too_many_attachments": content, "invalid_arguments": content,
}

var classPrefixes = map[string]class{
	"restricted_action": target, "invalid_blocks": content, "invalid_metadata_": content,
}

// classOf takes codes that no table knows for transient: the courier gives up
// in the end, and a wrong "permanent" would lose the message at once.
func classOf(code string) class {
	if c, ok := classes[code]; ok {
		return c
	}
	for prefix, c := range classPrefixes {
		if strings.HasPrefix(code, prefix) {
			return c
		}
	}
	return transient
}

// uneditable are the refusals of an edit after which a new root is posted.
var uneditable = map[string]bool{
	"message_not_found": true, "cant_update_message": true, "edit_window_closed": true, "is_inactive": true,
	"cant_edit_message": true, "no_dual_broadcast_content_update": true,
}

// code is Slack's own error code in err, "" if Slack gave none.
func code(err error) string {
	if e, ok := errors.AsType[slackapi.SlackErrorResponse](err); ok {
		return e.Err
	}
	return ""
}

// contentFault reports whether Slack refused what the message is made of.
func contentFault(err error) bool {
	c := code(err)
	return c != "" && classOf(c) == content
}

// refused reports whether Slack understood the call and will not do it.
func refused(err error) bool {
	c := code(err)
	return c != "" && classOf(c) != limited && classOf(c) != transient && classOf(c) != lost
}

// watch tells whether a call made with the returned context may have reached
// the server.
func watch(ctx context.Context) (context.Context, *atomic.Bool) {
	sent := &atomic.Bool{}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// A cut connection can end the call before it is known what was written.
		GotConn:      func(httptrace.GotConnInfo) { sent.Store(true) },
		WroteRequest: func(i httptrace.WroteRequestInfo) { sent.Store(i.Err == nil) },
	}), sent
}

// failed makes a SendError of what the library returned. Sent says that the
// call was a post that may have reached Slack: if so, a lost answer is ambiguous.
func failed(method string, err error, sent bool) *notifiers.SendError {
	e := &notifiers.SendError{Err: fmt.Errorf("%s: %w", method, explained(err))}
	if answer, ok := errors.AsType[slackapi.SlackErrorResponse](err); ok {
		judge(e, answer.Err, sent)
		return e
	}
	if limit, ok := errors.AsType[*slackapi.RateLimitedError](err); ok {
		e.Code, e.RetryAfter = "ratelimited", within(limit.RetryAfter)
		return e
	}
	// Retry-After as a date is what the library trips over.
	if number, ok := errors.AsType[*strconv.NumError](err); ok {
		e.Code, e.RetryAfter = "ratelimited", untilDate(number.Num)
		return e
	}
	if status, ok := errors.AsType[slackapi.StatusCodeError](err); ok {
		judgeStatus(e, status.Code)
		return e
	}
	e.Code, e.Ambiguous = transportCode(err), sent
	return e
}

// explained adds what Slack says beside its code.
func explained(err error) error {
	answer, ok := errors.AsType[slackapi.SlackErrorResponse](err)
	switch {
	case !ok:
		return err
	case answer.Needed != "":
		return fmt.Errorf("%w: needs %s, has %s", err, answer.Needed, answer.Provided)
	case len(answer.ResponseMetadata.Messages) > 0:
		return fmt.Errorf("%w: %s", err, strings.Join(answer.ResponseMetadata.Messages, "; "))
	}
	return err
}

// workspaceOver is Slack's code when all channels together are over the limit.
const workspaceOver = "message_limit_exceeded"

// workspaceFull is how long to wait when the whole workspace is over its limit.
const workspaceFull = 10 * time.Minute

func judge(e *notifiers.SendError, code string, sent bool) {
	e.Code = code
	switch classOf(code) {
	case lost:
		e.Ambiguous = sent
	case target:
		e.Permanent, e.TargetBroken = true, true
	case app:
		e.ChannelBroken, e.Definite = true, true
	case content:
		e.Permanent = true
	}
	if code == workspaceOver {
		e.RetryAfter = workspaceFull
	}
}

func judgeStatus(e *notifiers.SendError, status int) {
	e.Code = "http_" + strconv.Itoa(status)
	switch {
	case status == http.StatusTooManyRequests:
		e.Code = "ratelimited"
	case status < http.StatusInternalServerError:
		// A redirect or a refusal without a code of Slack's: this is not
		// Slack's API, or something stands between.
		e.ChannelBroken = true
	}
}

// transportCode names what went wrong below Slack's own answers.
func transportCode(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case isNetwork(err):
		return "network"
	}
	// Slack answered with 200 and something that cannot be read.
	return "unreadable_answer"
}

func isNetwork(err error) bool {
	_, call := errors.AsType[*url.Error](err)
	_, op := errors.AsType[*net.OpError](err)
	return call || op || errors.Is(err, context.Canceled)
}

// longestWait bounds what is believed of a Retry-After: Slack asks for seconds,
// and a message nobody tries again is lost.
const longestWait = time.Hour

// within is a wait within reason; one that is negative was too long for its
// type.
func within(wait time.Duration) time.Duration {
	if wait < 0 {
		return longestWait
	}
	return min(wait, longestWait)
}

// untilDate is the time left until an HTTP date, within reason.
func untilDate(s string) time.Duration {
	at, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	return within(max(time.Until(at), 0))
}
