package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"upgradehub/notifiers"
)

var errNoUTF8 = errors.New("the address needs SMTPUTF8, which the server does not offer")

var errBroken = errors.New("send mail: session broke off")

// greylisted is how long a server that says "later" to strangers wants to wait.
const greylisted = 5 * time.Minute

// deadAddress are the enhanced codes that say the mailbox is not there.
var deadAddress = map[string]bool{
	"5.1.1": true, "5.1.2": true, "5.1.3": true, "5.1.6": true, "5.1.10": true, "5.2.1": true,
}

// loginWanted are the codes about who we are, not about the mail.
var loginWanted = map[int]bool{530: true, 534: true, 535: true, 538: true}

// judge makes a SendError of a mail that was not taken. IsTemp of the library
// is of no use: it is false when the network breaks.
func judge(ctx context.Context, failed *gomail.SendError, msg *gomail.Msg) error {
	e := &notifiers.SendError{Code: "network", Err: errBroken}
	if failed == nil {
		return e
	}
	e.Err = errors.New("send mail: " + withoutPeople(failed, msg))
	code := failed.ErrorCode()
	switch {
	case failed.Reason == gomail.ErrGetSender, failed.Reason == gomail.ErrGetRcpts:
		e.Code, e.Permanent = "message", true
	case code >= 500:
		judgeRefusal(e, failed.Reason, code, enhanced(failed.Error()))
	case code >= 400:
		judgeDelay(e, failed.Reason, code, enhanced(failed.Error()))
	default:
		e.Code = networkCode(ctx, failed.Error())
		// The whole mail was on its way when the answer was lost.
		e.Ambiguous = failed.Reason == gomail.ErrSMTPDataClose
	}
	return e
}

func judgeRefusal(e *notifiers.SendError, at gomail.SendErrReason, code int, enhanced string) {
	e.Code = joined(code, enhanced)
	if at == gomail.ErrSMTPMailFrom || loginWanted[code] {
		// The sender is refused, and it is that of every mail.
		e.ChannelBroken = true
		return
	}
	e.Permanent, e.TargetBroken = true, deadAddress[enhanced]
}

func judgeDelay(e *notifiers.SendError, at gomail.SendErrReason, code int, enhanced string) {
	e.Code = joined(code, enhanced)
	text := strings.ToLower(e.Err.Error())
	if at == gomail.ErrSMTPRcptTo && (enhanced == "4.7.1" || strings.Contains(text, "greylist") || strings.Contains(text, "graylist")) {
		e.RetryAfter = greylisted
	}
}

func joined(code int, enhanced string) string {
	return strings.TrimSpace(strconv.Itoa(code) + " " + enhanced)
}

// networkCode goes by the text, because the library hides the cause.
func networkCode(ctx context.Context, text string) string {
	if ctx.Err() != nil || strings.Contains(text, os.ErrDeadlineExceeded.Error()) {
		return "timeout"
	}
	return "network"
}

// enhancedCode stands right behind the code, or there is none: the library
// takes any three numbers of the answer, such as a part of an IP address.
var enhancedCode = regexp.MustCompile(`\b[45]\d\d[ -]"?([45]\.\d{1,3}\.\d{1,3})(?:[^.\d]|$)`)

func enhanced(text string) string {
	if m := enhancedCode.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// withoutPeople is the error in words, without the recipient, because errors
// are logged.
func withoutPeople(failed *gomail.SendError, msg *gomail.Msg) string {
	text, _, _ := strings.Cut(failed.Error(), ", affected ")
	for _, a := range msg.GetTo() {
		text = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(a.Address)).ReplaceAllLiteralString(text, "recipient")
	}
	return text
}

// stale reports whether a kept connection had ended before anything of the
// mail was taken.
func stale(failed *gomail.SendError) bool {
	if failed == nil {
		return false
	}
	code := failed.ErrorCode()
	switch failed.Reason {
	case gomail.ErrConnCheck, gomail.ErrSMTPMailFrom, gomail.ErrSMTPRcptTo, gomail.ErrSMTPData:
		return code == 0 || code == 421
	}
	return false
}

// reusable reports whether the session can go on: the refusal was an answer to
// a command, and the library has reset the session since.
func reusable(failed *gomail.SendError) bool {
	if failed == nil {
		return false
	}
	code := failed.ErrorCode()
	return code >= 400 && code != 421 &&
		(failed.Reason == gomail.ErrSMTPMailFrom || failed.Reason == gomail.ErrSMTPRcptTo)
}

// judgeDial makes a SendError of a session that could not be begun. Nothing was
// sent, so it is never ambiguous and never the message's fault; what waiting
// cannot heal breaks the channel.
func judgeDial(ctx context.Context, err error) error {
	e := &notifiers.SendError{Err: fmt.Errorf("dial mail server: %w", err)}
	_, bad := errors.AsType[*tls.CertificateVerificationError](err)
	_, alien := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	answer, answered := errors.AsType[*textproto.Error](err)
	name, unnamed := errors.AsType[*net.DNSError](err)
	switch {
	case bad || alien || alert:
		e.Code, e.ChannelBroken = "tls", true
	case answered:
		e.Code, e.ChannelBroken = joined(answer.Code, enhanced(answer.Error())), answer.Code >= 500
	case unnamed:
		e.Code, e.ChannelBroken = "dns", name.IsNotFound
	case isTimeout(err), ctx.Err() != nil:
		e.Code = "timeout"
	case isNetwork(err):
		e.Code = "network"
	default:
		// No STARTTLS, no way to log in, or no mail server at all.
		e.Code, e.ChannelBroken = "config", true
	}
	return e
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

func isNetwork(err error) bool {
	_, op := errors.AsType[*net.OpError](err)
	return op || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled)
}
