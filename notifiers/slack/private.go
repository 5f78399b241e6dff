package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	slackapi "github.com/slack-go/slack"

	"upgradehub/notifiers"
)

// Private is what one person alone is shown. Its text is plain: what it holds
// is escaped.
type Private struct {
	Text string
	// Message is shown in place of the text, which remains for notifications.
	Message *notifiers.Message
}

// blocks are those of the message, if there is one.
func (p Private) blocks() []slackapi.Block {
	if p.Message == nil {
		return nil
	}
	return blocksOf(*p.Message, "")
}

// MarshalJSON makes p what Slack takes in answer to a command and at a
// response address.
func (p Private) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Type    string           `json:"response_type"`
		Replace bool             `json:"replace_original"`
		Text    string           `json:"text"`
		Blocks  []slackapi.Block `json:"blocks,omitempty"`
	}{"ephemeral", false, fit(p.Text, maxText), p.blocks()})
}

// OpenView opens a modal for whoever did what the trigger stands for.
func (s *Slack) OpenView(ctx context.Context, trigger string, v slackapi.ModalViewRequest) error {
	return s.call(ctx, "views.open", func() error {
		_, err := s.api.OpenViewContext(ctx, trigger, v)
		return err
	})
}

// UpdateView puts another modal in the place of an open one.
func (s *Slack) UpdateView(ctx context.Context, id string, v slackapi.ModalViewRequest) error {
	return s.call(ctx, "views.update", func() error {
		_, err := s.api.UpdateViewContext(ctx, v, "", "", id)
		return err
	})
}

// Whisper shows p to one user in a channel.
func (s *Slack) Whisper(ctx context.Context, channel, user string, p Private) error {
	return s.call(ctx, "chat.postEphemeral", func() error {
		_, err := s.api.PostEphemeralContext(ctx, channel, user, options(fit(p.Text, maxText), p.blocks())...)
		return err
	})
}

func (s *Slack) call(ctx context.Context, method string, f func() error) error {
	gate := s.gates.method(method)
	if err := gate.pass(ctx); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if err := f(); err != nil {
		return gate.shut(failed(method, err, false))
	}
	return nil
}

// Respond shows p at the response address that came with what a person did.
func (s *Slack) Respond(ctx context.Context, address string, p Private) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("respond: %w", err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("respond: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // nothing of it is read
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("respond: %s", resp.Status)
	}
	return nil
}
