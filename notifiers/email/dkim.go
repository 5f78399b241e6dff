package email

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// DKIM is how mails are signed (RFC 6376). The receiver finds the public key
// as the TXT record of <Selector>._domainkey.<Domain>.
type DKIM struct {
	Domain   string // of the sender, or above it, as DMARC wants it; default the sender's
	Selector string
	Key      string // PEM, RSA or Ed25519
}

// signed are the headers a signature covers. RFC 8058, section 4, wants both
// List-Unsubscribe headers among them, and the library leaves them out. There
// is no room for more: where the list is longer than a line the library breaks
// it on the wire, after it has signed it unbroken, and nobody can verify that.
var signed = []string{"From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"}

// longestTag is what of a signature stays on one line for certain.
const longestTag = 70

// signer signs for a sender at host; it is nil when mails are not signed here.
func (d *DKIM) signer(host string) (*gomail.DKIMSigner, error) {
	if d == nil {
		return nil, nil //nolint:nilnil // no signature is what was asked for
	}
	key, err := gomail.PrivKeyFromPEM([]byte(d.Key))
	if err != nil {
		// The library's words may repeat what it was given.
		return nil, errors.New("DKIM key: want an RSA or Ed25519 private key in PEM")
	}
	domain := cmp.Or(d.Domain, host)
	if !aligned(domain, host) {
		return nil, fmt.Errorf("DKIM domain %q: the sender is at %q, which is not below it", domain, host)
	}
	for name, value := range map[string]string{"domain": domain, "selector": d.Selector} {
		if len(value) > longestTag {
			return nil, fmt.Errorf("DKIM %s %q: has more than %d characters, and what does not fit a line could not be verified", name, value, longestTag)
		}
	}
	s := gomail.NewDKIMSigner(domain, d.Selector, key)
	s.SignHeaders(signed...)
	if err := s.ValidateConfig(); err != nil {
		return nil, fmt.Errorf("DKIM of %s: %w", domain, err)
	}
	return s, nil
}

// aligned reports whether DMARC takes a signature of domain for one of the
// sender at host, in its relaxed mode (RFC 7489, section 3.1.1).
func aligned(domain, host string) bool {
	domain = strings.ToLower(domain)
	return host != "" && (host == domain || strings.HasSuffix(host, "."+domain))
}
