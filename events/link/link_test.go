package link_test

import (
	"testing"

	"upgradehub/events/link"
)

// TestToken compares with what openssl makes of the same fields:
//
//	printf 'feedback|pg17|s1|0' | openssl dgst -sha256 -hmac secret -binary | head -c16 | base64
func TestToken(t *testing.T) {
	const want = "pl2scyPudIRWEnBJHMGDXQ"
	if got := link.Key("secret").Token(link.Feedback, "pg17", "s1", 0); got != want {
		t.Errorf("Token = %q, want %q", got, want)
	}
	const hash = "ad0581bc3b244ec36e904c79ff237f3fafb124ded0561e3b51dd7141ddf23126"
	if got := link.Hash(want); got != hash {
		t.Errorf("Hash = %q, want %q", got, hash)
	}
}

// TestTokenBindsEveryField changes one field after the other.
func TestTokenBindsEveryField(t *testing.T) {
	key := link.Key("secret")
	token := key.Token(link.Feedback, "pg17", "s1", 0)
	for name, other := range map[string]string{
		"key":        link.Key("other").Token(link.Feedback, "pg17", "s1", 0),
		"purpose":    key.Token(link.Subscribe, "pg17", "s1", 0),
		"upgrade":    key.Token(link.Feedback, "pg18", "s1", 0),
		"subscriber": key.Token(link.Feedback, "pg17", "s2", 0),
		"generation": key.Token(link.Feedback, "pg17", "s1", 1),
	} {
		if other == token {
			t.Errorf("another %s makes the same token", name)
		}
	}
}
