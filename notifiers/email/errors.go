package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	"upgradehub/notifiers"
)

var errNoUTF8 = errors.New("the address needs SMTPUTF8, which the server does not offer")

// greylisted is how long a server that says "later" to strangers wants to wait.
const greylisted = 5 * time.Minute

// deadAddress are the enhanced codes that say the mailbox is not there.
var deadAddress = map[string]bool{
	"5.1.1": true, "5.1.2": true, "5.1.3": true, "5.1.6": true, "5.1.10": true, "5.2.1": true,
}

// loginWanted are the codes about who we are, not about the mail.
var loginWanted = map[int]bool{530: true, 534: true, 535: true, 538: true}

// judge makes a SendError of a mail that was not taken.
func judge(ctx context.Context, failed *failure, l *letter) error {
	e := &notifiers.SendError{Err: errors.New("send mail: " + withoutPeople(failed, l))}
	switch code := failed.code(); {
	case code >= 500:
		judgeRefusal(e, failed.at, code, enhanced(failed.err.Error()))
	case code >= 400:
		judgeDelay(e, failed.at, code, enhanced(failed.err.Error()))
	default:
		e.Code = "network"
		if ctx.Err() != nil || isTimeout(failed.err) {
			e.Code = "timeout"
		}
		// The whole mail was on its way when the answer was lost.
		e.Ambiguous = failed.at == atAnswer
	}
	return e
}

func judgeRefusal(e *notifiers.SendError, at stage, code int, enhanced string) {
	e.Code = joined(code, enhanced)
	if at == atSender || loginWanted[code] {
		// The sender is refused, and it is that of every mail.
		e.ChannelBroken = true
		return
	}
	e.Permanent, e.TargetBroken = true, deadAddress[enhanced]
}

func judgeDelay(e *notifiers.SendError, at stage, code int, enhanced string) {
	e.Code = joined(code, enhanced)
	text := strings.ToLower(e.Err.Error())
	if at == atRecipient && (enhanced == "4.7.1" || strings.Contains(text, "greylist") || strings.Contains(text, "graylist")) {
		e.RetryAfter = greylisted
	}
}

func joined(code int, enhanced string) string {
	return strings.TrimSpace(strconv.Itoa(code) + " " + enhanced)
}

// enhancedCode stands right behind the code, or there is none: any three numbers
// of the answer may be a part of an IP address.
var enhancedCode = regexp.MustCompile(`\b[45]\d\d[ -]"?([45]\.\d{1,3}\.\d{1,3})(?:[^.\d]|$)`)

func enhanced(text string) string {
	if m := enhancedCode.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// withoutPeople is the failure in words, without the recipient, because errors
// are logged.
func withoutPeople(failed *failure, l *letter) string {
	person := regexp.MustCompile(`(?i)` + regexp.QuoteMeta(l.to))
	return person.ReplaceAllLiteralString(string(failed.at)+": "+failed.err.Error(), "recipient")
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
