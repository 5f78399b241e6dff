package slacktest

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// people is what the fake keeps of what persons do and see alone.
type people struct {
	callbacks  string
	triggers   map[string]*trigger
	views      []*View
	ephemerals []Ephemeral
	responses  map[string]*response
	tickets    map[string]bool
	socket     *socket
	deeds      int // numbers triggers, views and response addresses
}

func newPeople() people {
	return people{triggers: map[string]*trigger{}, responses: map[string]*response{}, tickets: map[string]bool{}}
}

// The times Slack gives.
const (
	triggerLife  = 3 * time.Second
	ackTime      = 3 * time.Second
	responseLife = 30 * time.Minute
	responseUses = 5
)

// Callbacks says where clicks, submissions and commands are posted from now on.
func (s *Server) Callbacks(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callbacks = address
}

// Ack is how an app acknowledged what a person did.
type Ack struct {
	Status int
	Body   string
	Took   time.Duration
}

// errLate is an app that did not acknowledge in time.
var errLate = errors.New("not acknowledged within 3 s")

// Click presses the button of a message whose action id begins with action, as
// a user does.
func (s *Server) Click(user, channel, ts, action string) (Ack, error) {
	payload, err := s.press(user, channel, ts, action)
	if err != nil {
		return Ack{}, err
	}
	return s.deliver("interactive", payload, nil)
}

// press is the payload of a click.
func (s *Server) press(user, id, ts, action string) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channel(id)
	if c == nil {
		return nil, fmt.Errorf("click %s: no channel %s", action, id)
	}
	m := c.find(ts)
	if m == nil || m.deleted {
		return nil, fmt.Errorf("click %s: no message %s", action, ts)
	}
	button, err := buttonOf(m, action)
	if err != nil {
		return nil, err
	}
	button["action_ts"], button["block_id"] = s.nextTS(), "b0"
	return answer{
		"type": "block_actions", "user": answer{"id": user, "username": "someone", "team_id": "T0TEST001"},
		"api_app_id": "A0TEST001", "team": answer{"id": "T0TEST001", "domain": "slacktest"},
		"container":  answer{"type": "message", "message_ts": m.TS, "channel_id": c.ID, "is_ephemeral": false},
		"channel":    answer{"id": c.ID, "name": c.Name},
		"message":    answer{"type": "message", "ts": m.TS, "text": m.Text},
		"trigger_id": s.trigger(user), "response_url": s.responseURL(user, c.ID), "actions": []answer{button},
	}, nil
}

// buttonOf finds a button by the beginning of its action id.
func buttonOf(m *Message, action string) (answer, error) {
	var blocks []struct {
		Elements []answer `json:"elements"`
	}
	if err := json.Unmarshal(m.Blocks, &blocks); err != nil {
		return nil, fmt.Errorf("click %s: message without blocks", action)
	}
	var known []string
	for _, b := range blocks {
		for _, e := range b.Elements {
			id, _ := e["action_id"].(string)
			if strings.HasPrefix(id, action) {
				return e, nil
			}
			known = append(known, id)
		}
	}
	return nil, fmt.Errorf("click %s: no such button, only %q", action, known)
}

// Submit fills in an open view and sends it: by block id, text for an input,
// the value of an option, or a Unix time for a date. What is not named keeps
// its first value.
func (s *Server) Submit(user, viewID string, values map[string]string) (Ack, error) {
	payload, err := s.submission(user, viewID, values)
	if err != nil {
		return Ack{}, err
	}
	ack, err := s.deliver("interactive", payload, nil)
	if err != nil {
		return ack, err
	}
	return ack, s.obey(viewID, ack)
}

func (s *Server) submission(user, viewID string, values map[string]string) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view(viewID)
	if v == nil || !v.Open || v.User != user {
		return nil, fmt.Errorf("submit %s: %s has no such view open", viewID, user)
	}
	state, err := v.fill(values)
	if err != nil {
		return nil, err
	}
	return answer{
		"type": "view_submission", "user": answer{"id": user, "username": "someone", "team_id": "T0TEST001"},
		"api_app_id": "A0TEST001", "team": answer{"id": "T0TEST001", "domain": "slacktest"}, "trigger_id": s.trigger(user),
		"view": answer{
			"id": v.ID, "type": "modal", "callback_id": v.CallbackID, "private_metadata": v.Metadata, "hash": v.hash,
			"state": answer{"values": state}, "title": answer{"type": "plain_text", "text": v.Title}, "blocks": v.Blocks,
		},
	}, nil
}

// obey does what the acknowledgement of a submission asks for.
func (s *Server) obey(viewID string, ack Ack) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view(viewID)
	if strings.TrimSpace(ack.Body) == "" {
		v.Open = false
		return nil
	}
	var wish struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if err := json.Unmarshal([]byte(ack.Body), &wish); err != nil {
		return fmt.Errorf("submit %s: answer %q is not JSON", viewID, ack.Body)
	}
	switch wish.Action {
	case "clear":
		v.Open = false
	case "update":
		return v.become(wish.View, s.next("hash"))
	case "errors":
		return v.complain(wish.Errors)
	default:
		return fmt.Errorf("submit %s: response_action %q", viewID, wish.Action)
	}
	return nil
}

// Command sends a slash command, such as "/upgrade", with its text.
func (s *Server) Command(user, channel, command, text string) (Ack, error) {
	s.mu.Lock()
	form := url.Values{
		"command": {command}, "text": {text}, "user_id": {user}, "user_name": {"someone"}, "team_id": {"T0TEST001"},
		"channel_id": {channel}, "api_app_id": {"A0TEST001"}, "trigger_id": {s.trigger(user)}, "response_url": {s.responseURL(user, channel)},
	}
	s.mu.Unlock()
	payload := answer{}
	for k := range form {
		payload[k] = form.Get(k)
	}
	ack, err := s.deliver("slash_commands", payload, form)
	if err == nil && strings.TrimSpace(ack.Body) != "" {
		err = s.respond(user, channel, []byte(ack.Body))
	}
	return ack, err
}

// deliver says to the app what a person did: over its socket if it has one,
// else as a signed form.
func (s *Server) deliver(kind string, payload answer, form url.Values) (Ack, error) {
	s.mu.Lock()
	link, address := s.socket, cmp.Or(s.callbacks, s.cfg.Callbacks)
	s.mu.Unlock()
	if link != nil {
		return link.deliver(kind, payload)
	}
	if form == nil {
		raw, err := json.Marshal(payload)
		if err != nil {
			return Ack{}, err
		}
		form = url.Values{"payload": {string(raw)}}
	}
	return s.post(address, form.Encode())
}

// post sends a signed form to the app.
func (s *Server) post(address, body string) (Ack, error) {
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body)) //nolint:noctx // the client bounds it
	if err != nil {
		return Ack{}, err
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Slack-Request-Timestamp", at)
	req.Header.Set("X-Slack-Signature", Sign(s.cfg.SigningSecret, at, body))
	began := time.Now()
	client := http.Client{Timeout: ackTime, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return Ack{}, fmt.Errorf("%w: %w", errLate, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	return Ack{Status: resp.StatusCode, Body: string(raw), Took: time.Since(began)}, err
}

// Sign is Slack's signature of a body that is sent at a Unix time.
func Sign(secret, at, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, "v0:"+at+":"+body) // a hash never fails
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// next is an id that was never given before.
func (s *Server) next(kind string) string {
	s.deeds++
	return fmt.Sprintf("%s%06d", kind, s.deeds)
}

// trigger lets an app open one view for a user within three seconds.
type trigger struct {
	user  string
	until time.Time
	used  bool
}

func (s *Server) trigger(user string) string {
	id := s.next("trigger")
	s.triggers[id] = &trigger{user: user, until: time.Now().Add(triggerLife)}
	return id
}

// Ephemeral is what one person alone was shown.
type Ephemeral struct {
	Channel, User, Text string
	Blocks              json.RawMessage
}

// Ephemerals lists what a user alone was shown, oldest first.
func (s *Server) Ephemerals(user string) []Ephemeral {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Ephemeral
	for _, e := range s.ephemerals {
		if e.User == user {
			list = append(list, e)
		}
	}
	return list
}

func (s *Server) postEphemeral(form url.Values) (answer, *refusal) {
	c, no := s.writable(form.Get("channel"))
	if no != nil {
		return nil, no
	}
	m, no := read(form)
	if no != nil {
		return nil, no
	}
	if form.Get("user") == "" {
		return nil, refuse("user_not_in_channel")
	}
	s.ephemerals = append(s.ephemerals, Ephemeral{Channel: c.ID, User: form.Get("user"), Text: m.Text, Blocks: m.Blocks})
	return answer{"message_ts": s.nextTS()}, nil
}

// response is an address at which the app may answer a person.
type response struct {
	user, channel string
	until         time.Time
	left          int
}

func (s *Server) responseURL(user, channel string) string {
	id := s.next("response")
	s.responses[id] = &response{user: user, channel: channel, until: time.Now().Add(responseLife), left: responseUses}
	return s.http.URL + "/response/" + id
}

func (s *Server) serveResponse(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	to := s.responses[r.PathValue("id")]
	usable := to != nil && to.left > 0 && time.Now().Before(to.until)
	if usable {
		to.left--
	}
	s.mu.Unlock()
	var body bytes.Buffer
	if _, err := body.ReadFrom(r.Body); err != nil || !usable {
		http.Error(w, "used_url", http.StatusNotFound)
		return
	}
	if err := s.respond(to.user, to.channel, body.Bytes()); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, "ok") // the client is gone
}

// respond takes what an app answers a person: for that person alone, which is
// all the hub ever does.
func (s *Server) respond(user, channel string, raw []byte) error {
	var m struct {
		Type   string          `json:"response_type"`
		Text   string          `json:"text"`
		Blocks json.RawMessage `json:"blocks"`
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return fmt.Errorf("response %q: %w", raw, err)
	}
	if m.Type != "ephemeral" {
		return fmt.Errorf("response_type %q is not for the person alone", m.Type)
	}
	form := url.Values{"text": {m.Text}}
	if m.Blocks != nil && string(m.Blocks) != "null" {
		form.Set("blocks", string(m.Blocks))
	}
	read, no := read(form)
	if no != nil {
		return fmt.Errorf("response: %s %q", no.code, no.messages)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ephemerals = append(s.ephemerals, Ephemeral{Channel: channel, User: user, Text: read.Text, Blocks: read.Blocks})
	return nil
}

// parse reads a form, or the JSON that the views methods take.
func parse(r *http.Request) error {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return r.ParseForm()
	}
	keys := map[string]json.RawMessage{}
	if err := json.NewDecoder(r.Body).Decode(&keys); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	r.Form = url.Values{}
	for k, raw := range keys {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		r.Form.Set(k, text)
	}
	return nil
}
