package interact

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	slackapi "github.com/slack-go/slack"
)

// Mux is where the route is added.
type Mux interface {
	// HandleFunc adds the handler of a pattern of net/http.
	HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request))
}

// Routes adds the callback. Without a signing secret there is none.
func (h *Handler) Routes(m Mux) {
	if len(h.cfg.SigningSecrets) > 0 {
		m.HandleFunc("POST /slack/interactions", h.serve)
	}
}

// maxBody bounds a request: Slack sends the whole message or view with it.
const maxBody = 512 << 10

var (
	errUnsigned   = errors.New("request is not signed by Slack")
	errUnreadable = errors.New("request cannot be read")
)

// serve takes one request of Slack's. The body is never logged: it holds what
// people wrote.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = h.verify(r.Header, body)
	}
	var ack any
	if err == nil {
		ack, err = h.take(r, body)
	}
	status := statusOf(err)
	if err != nil {
		h.log.WarnContext(r.Context(), "callback refused", "status", status, "err", err)
		http.Error(w, http.StatusText(status), status)
		return
	}
	if ack == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err := json.NewEncoder(w).Encode(ack); err != nil {
		h.log.DebugContext(r.Context(), "acknowledgement not written", "err", err)
	}
}

func statusOf(err error) int {
	switch tooLarge, big := errors.AsType[*http.MaxBytesError](err); {
	case err == nil:
		return http.StatusOK
	case big && tooLarge != nil:
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errUnsigned):
		return http.StatusUnauthorized
	case errors.Is(err, errBusy):
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// verify proves that Slack sent this body within the last five minutes.
func (h *Handler) verify(header http.Header, body []byte) error {
	for _, name := range []string{"X-Slack-Signature", "X-Slack-Request-Timestamp"} {
		if len(header.Values(name)) != 1 {
			return fmt.Errorf("%w: %d headers %s", errUnsigned, len(header.Values(name)), name)
		}
	}
	var err error
	for _, secret := range h.cfg.SigningSecrets {
		if err = signedWith(secret, header, body); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: %w", errUnsigned, err)
}

func signedWith(secret string, header http.Header, body []byte) error {
	verifier, err := slackapi.NewSecretsVerifier(header, secret)
	if err != nil {
		return err
	}
	_, _ = verifier.Write(body) // a hash never fails
	return verifier.Ensure()
}

// take reads what Slack posts: an interaction, a slash command, or a check of
// the address.
func (h *Handler) take(r *http.Request, body []byte) (any, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	switch {
	case values.Has("payload"):
		cb, err := readInteraction([]byte(values.Get("payload")))
		if err != nil {
			return nil, err
		}
		return h.Interaction(r.Context(), cb)
	case values.Has("command"):
		return h.Command(r.Context(), slackapi.SlashCommand{
			Command: values.Get("command"), Text: values.Get("text"), UserID: values.Get("user_id"), ChannelID: values.Get("channel_id"),
			ResponseURL: values.Get("response_url"),
		})
	case values.Get("ssl_check") == "1":
		return nil, nil //nolint:nilnil // Slack only wants to be answered
	}
	return nil, errUnreadable
}

// readInteraction reads a payload, and refuses one that names nobody.
func readInteraction(payload []byte) (*slackapi.InteractionCallback, error) {
	var cb slackapi.InteractionCallback
	if err := json.Unmarshal(payload, &cb); err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	if cb.User.ID == "" {
		return nil, fmt.Errorf("%w: no user", errUnreadable)
	}
	return &cb, nil
}
