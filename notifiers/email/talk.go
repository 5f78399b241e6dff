package email

import (
	"errors"
	"net/textproto"
	"time"
)

// stage is how far a mail got before it failed.
type stage string

const (
	atSender    stage = "MAIL"
	atRecipient stage = "RCPT"
	atData      stage = "DATA"
	atBody      stage = "body"   // no server has all of it
	atAnswer    stage = "answer" // to all of it
)

// failure is why a server did not take a mail, or did not say so.
type failure struct {
	at  stage
	err error // a *textproto.Error is the server's own
	// waiting: after its refusal the server waits for a mail all the same.
	waiting bool
}

// code is what the server answered, 0 if nothing.
func (f *failure) code() int {
	if answer, ok := errors.AsType[*textproto.Error](f.err); ok {
		return answer.Code
	}
	return 0
}

// stale reports whether the session had ended before anything of the mail was
// taken.
func (f *failure) stale() bool {
	return (f.code() == 0 || f.code() == 421) && (f.at == atSender || f.at == atRecipient || f.at == atData)
}

// reusable reports whether the session can go on: the server said no to a
// command and waits for the next.
func (f *failure) reusable() bool {
	return f.code() >= 400 && f.code() != 421 && !f.waiting
}

// hand gives the server one mail and returns what it answered. The library
// would ask again after each mail whether the session still works; the next
// mail finds out.
func (c *conn) hand(l *letter, within time.Duration) (answer string, failed *failure) {
	if err := c.session.UpdateDeadline(within); err != nil {
		return "", &failure{at: atSender, err: err}
	}
	if failed := c.announce(l); failed != nil {
		return "", failed
	}
	c.buffer = l.append(c.buffer[:0])
	out := c.session.Text.W
	if _, err := out.Write(c.buffer); err != nil {
		return "", &failure{at: atBody, err: err}
	}
	if err := out.Flush(); err != nil {
		return "", &failure{at: atBody, err: err}
	}
	_, answer, err := c.session.Text.ReadResponse(250)
	if err != nil {
		return "", &failure{at: atAnswer, err: err}
	}
	return answer, nil
}

// announce says whom a mail is from and to, and returns when the server waits
// for it. One that takes several commands at once gets them so (RFC 2920): each
// costs a round trip.
func (c *conn) announce(l *letter) *failure {
	mail := "MAIL FROM:<" + l.from + ">" + c.mailOptions(l)
	commands := []command{{atSender, mail, 250}, {atRecipient, "RCPT TO:<" + l.to + ">", 25}, {atData, "DATA", 354}}
	if c.offers("PIPELINING") {
		return c.say(commands...)
	}
	for _, one := range commands {
		if failed := c.say(one); failed != nil {
			return failed
		}
	}
	return nil
}

func (c *conn) mailOptions(l *letter) (options string) {
	if c.offers("8BITMIME") {
		options = " BODY=8BITMIME"
	}
	if l.utf8() {
		options += " SMTPUTF8"
	}
	return options
}

// command is a line for the server and the code it should answer, or how that
// begins.
type command struct {
	at   stage
	line string
	want int
}

// say sends commands together and reads an answer to each; the first that went
// wrong counts.
func (c *conn) say(commands ...command) (failed *failure) {
	text := c.session.Text
	for _, one := range commands {
		_, _ = text.W.WriteString(one.line + "\r\n") // Flush says what went wrong
	}
	if err := text.W.Flush(); err != nil {
		return &failure{at: commands[0].at, err: err}
	}
	for _, one := range commands {
		_, _, err := text.ReadResponse(one.want)
		switch {
		case err != nil && failed == nil:
			failed = &failure{at: one.at, err: err}
			if failed.code() == 0 {
				return failed
			}
		case err == nil && failed != nil:
			failed.waiting = one.at == atData
		}
	}
	return failed
}

// reset makes a session ready for the next mail after one was refused.
func (c *conn) reset() bool { return c.session.Reset() == nil }
