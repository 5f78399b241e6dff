package email

import (
	"bufio"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"

	"upgradehub/events/link"
)

// ErrNoBounce is what [Bounces.Read] answers to a mail that does not say that
// one of ours came back: an auto-reply, a warning about a delay, spam.
var ErrNoBounce = errors.New("mail reports no failed delivery of ours")

// Bounces tell which delivery came back, by the return address of its mail:
// bounces+<delivery>-<proof>@host. The proof keeps strangers, who may know the
// id of a delivery, from reporting its failure. Only the address is trusted to
// say which mail it was (VERP); what a report quotes is not looked at.
type Bounces struct {
	// Address is where returned mail goes; empty switches all of it off.
	Address string
	Key     link.Key
}

// Bounce is one delivery that came back.
type Bounce struct {
	Delivery string
	// Code is "bounce " and the enhanced status code, such as "bounce 5.1.1"
	// (RFC 3463).
	Code string
	// TargetBroken: the mailbox is not there.
	TargetBroken bool
	// Report is the hash of the mail that says so: read again, it is no second
	// failure.
	Report string
}

// localPart is the most RFC 5321, section 4.5.3.1.1, allows.
const localPart = 64

// proofLength is 64 bits in hex: enough against guessing by mail.
const proofLength = 16

func (b Bounces) fault() error {
	if b.Address == "" {
		return nil
	}
	local, _, ok := strings.Cut(b.Address, "@")
	switch {
	case !ok || local == "" || strings.Contains(local, "+") || plain(b.Address) != nil:
		return fmt.Errorf("bounce address %q: want name@host, without a +", b.Address)
	case len(local)+1+32+1+proofLength > localPart:
		return fmt.Errorf("bounce address %q: the name may have %d characters, because an id is added", b.Address, localPart-50)
	case len(b.Key) == 0:
		return errors.New("bounce address: no key to prove it by")
	}
	return nil
}

var deliveryID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// returnPath is empty where a bounce could not be told from others.
func (b Bounces) returnPath(delivery string) string {
	local, host, ok := strings.Cut(b.Address, "@")
	if !ok || !deliveryID.MatchString(delivery) {
		return ""
	}
	return local + "+" + delivery + "-" + b.proof(delivery) + "@" + host
}

// proof is lower-case hex, because some servers fold the case of addresses.
func (b Bounces) proof(delivery string) string {
	return link.Hash(b.Key.Token(link.Bounce, "", delivery, 0))[:proofLength]
}

// delivery is the one that an address of ours names; empty if it is none.
func (b Bounces) delivery(address string) string {
	local, host, _ := strings.Cut(strings.ToLower(b.Address), "@")
	given, at, ok := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	rest, ours := strings.CutPrefix(given, local+"+")
	id, proof, whole := strings.Cut(rest, "-")
	if !ok || !ours || !whole || at != host || !deliveryID.MatchString(id) {
		return ""
	}
	if subtle.ConstantTimeCompare([]byte(proof), []byte(b.proof(id))) != 1 {
		return ""
	}
	return id
}

// maxReport bounds what is read of a returned mail; what matters stands first.
const maxReport = 256 << 10

// Read finds in a mail which delivery came back for good: a delivery status
// notification (RFC 3464) with the action "failed", sent to a return address
// of ours. The error is [ErrNoBounce] for every other mail.
func (b Bounces) Read(r io.Reader) (Bounce, error) {
	if b.Address == "" {
		return Bounce{}, fmt.Errorf("%w: no bounce address is configured", ErrNoBounce)
	}
	sum := sha256.New()
	r = io.TeeReader(io.LimitReader(r, maxReport), sum)
	m, err := mail.ReadMessage(r)
	if err != nil {
		return Bounce{}, fmt.Errorf("%w: %w", ErrNoBounce, err)
	}
	id := b.addressed(m.Header)
	if id == "" {
		return Bounce{}, fmt.Errorf("%w: it went to no return address of ours", ErrNoBounce)
	}
	status, err := failedStatus(m)
	if err != nil {
		return Bounce{}, err
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return Bounce{}, fmt.Errorf("read a returned mail: %w", err)
	}
	return Bounce{
		Delivery: id, Code: "bounce " + status, TargetBroken: deadAddress[status], Report: hex.EncodeToString(sum.Sum(nil)),
	}, nil
}

// addressed looks where mail servers note the envelope's recipient, and in To,
// where a report has it too.
func (b Bounces) addressed(h mail.Header) string {
	for _, name := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "To"} {
		for _, value := range h[textproto.CanonicalMIMEHeaderKey(name)] {
			if id := b.delivery(bareAddress(value)); id != "" {
				return id
			}
		}
	}
	return ""
}

func bareAddress(value string) string {
	if a, err := mail.ParseAddress(value); err == nil {
		return a.Address
	}
	return strings.Trim(value, " <>")
}

// failedStatus is the enhanced code of the first recipient that failed; a mail
// of ours has one recipient.
func failedStatus(m *mail.Message) (string, error) {
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") {
		return "", fmt.Errorf("%w: it is no delivery status notification", ErrNoBounce)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return "", fmt.Errorf("%w: it has no delivery status", ErrNoBounce)
		}
		switch kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind {
		case "message/delivery-status", "message/global-delivery-status":
			return readStatus(part)
		}
	}
}

var statusCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}`)

// readStatus reads blocks of fields; those of recipients have an Action.
func readStatus(r io.Reader) (string, error) {
	in := textproto.NewReader(bufio.NewReader(r))
	for {
		fields, err := in.ReadMIMEHeader()
		if strings.EqualFold(strings.TrimSpace(fields.Get("Action")), "failed") {
			if code := statusCode.FindString(strings.TrimSpace(fields.Get("Status"))); code != "" {
				return code, nil
			}
			return "5.0.0", nil // "other undefined" of RFC 3463: it failed all the same
		}
		if err != nil {
			return "", fmt.Errorf("%w: nothing in it failed for good", ErrNoBounce)
		}
	}
}
