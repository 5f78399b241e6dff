package email

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"unicode"
)

// faultError is something in a message that no second try makes better.
type faultError struct {
	code string
	err  error
}

func (e *faultError) Error() string { return e.code + ": " + e.err.Error() }

func (e *faultError) Unwrap() error { return e.err }

func codeOf(err error) string {
	if f, ok := errors.AsType[*faultError](err); ok {
		return f.code
	}
	return "message"
}

var (
	errQuoted  = errors.New("quoted, commented or unusual")
	errControl = errors.New("control character")
	errLength  = errors.New("too long")
)

// sender takes an address with or without a name.
func sender(s string) (*mail.Address, error) {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return nil, err
	}
	return a, plain(a.Address)
}

// recipient takes a bare address only. What the parser would have to take apart
// is refused: a quoted local part is where addresses were smuggled in.
func recipient(address, name string) (*mail.Address, error) {
	a, err := mail.ParseAddress(address)
	switch {
	case err != nil:
		return nil, err
	case a.Address != address:
		return nil, errQuoted
	}
	return &mail.Address{Name: tidy(name), Address: a.Address}, plain(a.Address)
}

// plain accepts local@domain without anything that must be quoted.
func plain(address string) error {
	at := strings.LastIndex(address, "@")
	switch local := address[:max(at, 0)]; {
	case at < 1:
		return errQuoted
	case at > 64 || len(address) > 254:
		return errLength
	case strings.ContainsFunc(address, unicode.IsControl):
		return errControl
	case strings.ContainsAny(local, "\"(),:;<>@[]\\ \t") || strings.HasPrefix(local, ".") ||
		strings.HasSuffix(local, ".") || strings.Contains(local, ".."),
		strings.ContainsAny(address[at:], "[]\"()\\ "):
		return errQuoted
	}
	return nil
}

// ascii reports whether the address needs no SMTPUTF8.
func ascii(address string) bool {
	return !strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII })
}

// tidy makes one line of s, for headers. What looks like an encoded word is
// taken apart, because a reader would decode it to whatever it hides.
func tidy(s string) string {
	s = strings.ReplaceAll(s, "=?", "= ?")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}

// unsubscribeURL checks what go-mail writes into a header as it comes.
func unsubscribeURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return errControl // the parser's words repeat the personal link
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return fmt.Errorf("scheme %q", u.Scheme)
	case len(s) > 900:
		return errLength // a header that cannot be folded ends at 998
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>,\"", r) }):
		return errControl
	}
	return nil
}
