package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const webhookSecretFile = "webhook-secret"

// createSecrets makes the operator token and the keys of links and webhooks
// that were not given, once: they stay in the data directory, readable by its
// owner alone.
func (c *Config) createSecrets() error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	for name, s := range map[string]*Secret{"token": &c.Token, "link-secret": &c.LinkSecret, webhookSecretFile: &c.Webhook.Secret} {
		if *s != "" {
			continue
		}
		made, err := keepSecret(filepath.Join(c.Data, name))
		if err != nil {
			return fmt.Errorf("secret %s: %w", name, err)
		}
		*s = made
	}
	return nil
}

// keepSecret reads the secret in a file, or makes one there. The file appears
// whole or not at all, so that a crash leaves no half secret.
func keepSecret(path string) (Secret, error) {
	if s, err := readSecret(path); !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	s := base64.RawURLEncoding.EncodeToString(random[:])
	part := path + ".new"
	if err := os.WriteFile(part, []byte(s+"\n"), 0o600); err != nil {
		return "", err
	}
	if err := os.Rename(part, path); err != nil {
		return "", err
	}
	return Secret(s), nil
}

func readSecret(path string) (Secret, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	s := strings.TrimSpace(string(data))
	if s == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return Secret(s), nil
}
