package people

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"slices"
)

// envelope is how much is sealed at once, in bytes: the longest answer, 4000
// characters of up to six bytes of JSON, and its numbers. The shortest takes as
// much, so that no length tells one from the other.
const envelope = 32 << 10

var errEnvelope = errors.New("does not fit into an envelope")

// seal encrypts JSON for a key of the bucket, AES-256-GCM with a random nonce.
func (p *People) seal(key string, raw []byte) ([]byte, error) {
	if len(raw) > envelope {
		return nil, errEnvelope
	}
	aead, err := p.aead()
	if err != nil {
		return nil, err
	}
	padded := slices.Concat(raw, bytes.Repeat([]byte{' '}, envelope-len(raw)))
	return aead.Seal(nil, nil, padded, []byte(key)), nil
}

// open reads what [People.seal] sealed for the same key of the bucket.
func (p *People) open(key string, sealed []byte) ([]byte, error) {
	aead, err := p.aead()
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, nil, sealed, []byte(key))
}

func (p *People) aead() (cipher.AEAD, error) {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte("anonymous answers")) // no token is made of this: those have three bars
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
