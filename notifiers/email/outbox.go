package email

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"upgradehub/notifiers"
)

const (
	mailSuffix = ".eml"
	unfinished = ".mail-" // while it is written
)

// file puts the mail into the outbox, whole or not at all. Its name is made of
// the date of the notice and the delivery, so a repeat replaces it.
func (e *Email) file(m notifiers.Message, msg *gomail.Msg) error {
	tmp, err := os.CreateTemp(e.dir, unfinished+"*")
	if err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	_, err = msg.WriteTo(tmp)
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), filepath.Join(e.dir, fileName(m)))
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // the first error is the one that tells
		return fmt.Errorf("write mail: %w", err)
	}
	return nil
}

// sweep removes from an outbox what a crash left half written: no name says whose
// it is, so no erasure would find it.
func sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("outbox: %w", err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), unfinished) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
			return fmt.Errorf("outbox: %w", err)
		}
	}
	return nil
}

func fileName(m notifiers.Message) string {
	return fmt.Sprintf("%016d-%s%s", max(m.Date.UnixMicro(), 0), filed(m.Delivery.ID), mailSuffix)
}

// filed is a delivery in the name of its file.
func filed(delivery string) string { return word(delivery, 16) }

// Waste removes the mails of deliveries from an outbox, of which most have none
// there. An outbox that does not exist is empty. deliveries is asked only when
// there are mails.
func Waste(dir string, deliveries func() ([]string, error)) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	ids, err := deliveries()
	if err != nil {
		return err
	}
	gone := make(map[string]bool, len(ids))
	for _, id := range ids {
		gone[filed(id)] = true
	}
	var errs []error
	for _, entry := range entries {
		name, isMail := strings.CutSuffix(entry.Name(), mailSuffix)
		_, id, _ := strings.Cut(name, "-")
		if !isMail || !gone[id] {
			continue
		}
		if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("outbox: %w", err))
		}
	}
	return errors.Join(errs...)
}
