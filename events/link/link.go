// Package link makes and checks personal links: capabilities that need no
// account, one purpose each.
package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
)

// Purpose is the one thing a link allows.
type Purpose string

// The purposes.
const (
	Feedback  Purpose = "feedback"  // answer the survey of one upgrade: /f/{token}
	Subscribe Purpose = "subscribe" // manage or end a subscription: /s/{token}
	SignOff   Purpose = "signoff"   // sign off for gates of one upgrade: /g/{token}
	Bounce    Purpose = "bounce"    // report that a mail came back: part of its return address
	Confirm   Purpose = "confirm"   // prove that an address is one's own: /subscribe/{token}
)

// Key makes tokens. It is the hub's link secret.
type Key []byte

// Token is base64url(HMAC-SHA256(key, purpose|upgrade|subscriber|generation)[:16]),
// 22 characters. upgrade is empty for a link that is not about one upgrade.
func (k Key) Token(p Purpose, upgrade, subscriber string, generation int) string {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(strings.Join([]string{string(p), upgrade, subscriber, strconv.Itoa(generation)}, "|")))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// Hash is the hex SHA-256 of a token: what the log keeps of it.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
