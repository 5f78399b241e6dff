package email_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"upgradehub/notifiers/email"
)

// keyPair is a private key in PEM and the record by which others check it.
func keyPair(t *testing.T, key crypto.Signer, kind string) (private, record string) {
	t.Helper()
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if ed, ok := key.Public().(ed25519.PublicKey); ok { // RFC 8463: the bare key
		public = ed
	}
	private = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
	return private, "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public)
}

// TestSignatures: another implementation accepts the mail, both list headers
// are covered, and a changed mail is refused.
func TestSignatures(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for kind, key := range map[string]crypto.Signer{"rsa": rsaKey, "ed25519": edKey} {
		t.Run(kind, func(t *testing.T) {
			private, record := keyPair(t, key, kind)
			in := serveInbox(t, nil)
			e := open(t, email.Config{URL: in.url, DKIM: &email.DKIM{Selector: "s1", Key: private}})
			m := message("0123456789abcdef0123456789abcdef")
			m.Calendar = []byte(calendar)
			for range 2 {
				if _, err := e.Notify(t.Context(), m); err != nil {
					t.Fatal(err)
				}
			}
			mails := in.all()
			if mails[0].data != mails[1].data {
				t.Error("the same mail is signed in two ways")
			}
			checkSignature(t, mails[0].data, record, true)
			checkSignature(t, strings.Replace(mails[0].data, "List-Unsubscribe-Post: List", "List-Unsubscribe-Post: list", 1), record, false)
			checkSignature(t, strings.Replace(mails[0].data, "From: ", "From: Eve ", 1), record, false)
		})
	}
}

func checkSignature(t *testing.T, mail, record string, good bool) {
	t.Helper()
	found, err := dkim.VerifyWithOptions(bytes.NewBufferString(mail), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		if name != "s1._domainkey.example.org" {
			t.Errorf("the key is looked for at %s", name)
		}
		return []string{record}, nil
	}})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d signatures, %v; want one", len(found), err)
	}
	if (found[0].Err == nil) != good {
		t.Errorf("signature: %v, want good: %t", found[0].Err, good)
	}
	for _, want := range []string{"List-Unsubscribe", "List-Unsubscribe-Post", "From", "Subject"} {
		if !slices.ContainsFunc(found[0].HeaderKeys, func(h string) bool { return strings.EqualFold(h, want) }) {
			t.Errorf("signed are %v, want %s", found[0].HeaderKeys, want)
		}
	}
}

func TestSignerFaults(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, _ := keyPair(t, key, "ed25519")
	for _, tt := range []struct {
		name string
		dkim email.DKIM
		want string
	}{
		{"no key", email.DKIM{Selector: "s1", Key: "hunter2"}, "want an RSA or Ed25519 private key"},
		{"other domain", email.DKIM{Selector: "s1", Domain: "example.com", Key: private}, "which is not below it"},
		{"half a name", email.DKIM{Selector: "s1", Domain: "ample.org", Key: private}, "which is not below it"},
		{"selector that would be broken", email.DKIM{Selector: strings.Repeat("s", 71), Key: private}, "more than 70 characters"},
		{"no selector", email.DKIM{Key: private}, "selector"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := email.New(email.Config{From: "hub@hub.example.org", OutboxDir: t.TempDir(), DKIM: &tt.dkim}, slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("New = %v, want %q and no key", err, tt.want)
			}
		})
	}
}
