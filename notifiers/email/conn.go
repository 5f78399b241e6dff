package email

import (
	"net"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"upgradehub/notifiers"
)

// conn is one session with the server. The library leaves the socket open when
// a session cannot be begun, so it is kept here and always closed here.
type conn struct {
	client  *gomail.Client
	session *smtp.Client
	used    bool        // it was kept for another mail before
	expiry  *time.Timer // while it is free

	mu      sync.Mutex
	socket  net.Conn
	dropped bool
}

func (c *conn) keep(socket net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.socket = socket
	if c.dropped {
		_ = socket.Close() // nobody wants it any more
	}
}

// drop closes the socket without a word. After a failure QUIT would be wrong:
// before it, the library ends a mail that broke off, as if it were whole.
func (c *conn) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dropped = true
	if c.socket != nil {
		_ = c.socket.Close() // it has served
	}
}

const goodbye = 500 * time.Millisecond

// quit ends a session in which nothing is under way.
func (c *conn) quit() {
	_ = c.socket.SetDeadline(time.Now().Add(goodbye)) // a closed socket fails below
	_ = c.client.CloseWithSMTPClient(c.session)       // all mails were taken before
	c.drop()
}

// prepare asks for SMTPUTF8 only if an address needs it: a later server that
// lacks it would send the mail back.
func (c *conn) prepare(msg *gomail.Msg) error {
	needed := false
	for _, a := range append(msg.GetFrom(), msg.GetTo()...) {
		needed = needed || !ascii(a.Address)
	}
	c.session.SkipSMTPUTF8(!needed)
	if offered, _ := c.session.Extension("SMTPUTF8"); needed && !offered {
		return &notifiers.SendError{Code: "smtputf8", Permanent: true, TargetBroken: true, Err: errNoUTF8}
	}
	return nil
}
