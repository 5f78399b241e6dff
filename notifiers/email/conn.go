package email

import (
	"net"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// conn is one session with the server. The library leaves the socket open when
// a session cannot be begun, so it is kept here and always closed here.
type conn struct {
	client  *gomail.Client
	session *smtp.Client
	buffer  []byte      // of the mail that goes over it
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

// drop closes the socket without a word. After a failure QUIT would be wrong: it
// could become a line of a mail that broke off.
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

// offers reports whether the server has an extension of SMTP.
func (c *conn) offers(extension string) bool {
	ok, _ := c.session.Extension(extension)
	return ok
}
