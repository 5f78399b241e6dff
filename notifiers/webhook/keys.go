package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Keys are the secrets that messages are signed with, the newest first. While
// there are two, messages carry a signature of each, so that targets can
// change from the old one to the new one at any time.
type Keys []string

// ReadKeys reads secrets with spaces or commas between them. Each is long
// enough not to be guessed.
func ReadKeys(text string) (Keys, error) {
	keys := Keys(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }))
	if len(keys) == 0 || len(keys) > maxKeys {
		return nil, fmt.Errorf("is not 1 to %d secrets", maxKeys)
	}
	for _, key := range keys {
		if len(key) < leastKey {
			return nil, fmt.Errorf("holds a secret shorter than %d characters: signatures could be guessed", leastKey)
		}
	}
	return keys, nil
}

const (
	maxKeys  = 3
	leastKey = 16
)

// Secret is the signing secret of a target as its operator needs it,
// whsec_ and base64: what the newest key makes of the target's URL.
func (k Keys) Secret(target string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(derive(k[0], target))
}

func derive(key, target string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte("webhook|" + target))
	return mac.Sum(nil)
}

// sign is the value of webhook-signature.
func (k Keys) sign(target, id string, at time.Time, body []byte) (string, error) {
	signatures := make([]string, 0, len(k))
	for _, key := range k {
		hook, err := standardwebhooks.NewWebhookRaw(derive(key, target))
		if err != nil {
			return "", err
		}
		signature, err := hook.Sign(id, at, body)
		if err != nil {
			return "", err
		}
		signatures = append(signatures, signature)
	}
	return strings.Join(signatures, " "), nil
}
