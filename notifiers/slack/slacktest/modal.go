package slacktest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// View is a modal that was opened for one person.
type View struct {
	ID, User, Title, CallbackID, Metadata string
	// Submit and Close are what its buttons say, empty where it has none.
	Submit, Close string
	Blocks        json.RawMessage
	// Errors are what the app complained of at the last submission, by block.
	Errors map[string]string
	Open   bool

	hash   string
	inputs []input
}

// Slack's limits of a modal.
const (
	maxTitle       = 24
	maxViewBlocks  = 100
	maxMetadata    = 3000
	maxView        = 250_000
	maxInputLabel  = 2000
	maxInputText   = 3000
	maxOptions     = 100
	maxRadio       = 10
	maxOptionText  = 75
	maxPlaceholder = 150
)

// modalSource is a view as an app sends it.
type modalSource struct {
	Type            string          `json:"type"`
	Title           *text           `json:"title"`
	Submit          *text           `json:"submit"`
	Close           *text           `json:"close"`
	CallbackID      string          `json:"callback_id"`
	PrivateMetadata string          `json:"private_metadata"`
	Blocks          json.RawMessage `json:"blocks"`
}

// input is a block in which something can be entered.
type input struct {
	Type     string       `json:"type"`
	BlockID  string       `json:"block_id"`
	Label    *text        `json:"label"`
	Hint     *text        `json:"hint"`
	Optional bool         `json:"optional"`
	Element  inputElement `json:"element"`
}

type inputElement struct {
	Type            string   `json:"type"`
	ActionID        string   `json:"action_id"`
	InitialValue    string   `json:"initial_value"`
	MaxLength       int      `json:"max_length"`
	Placeholder     *text    `json:"placeholder"`
	Options         []option `json:"options"`
	InitialOption   *option  `json:"initial_option"`
	InitialDateTime int64    `json:"initial_date_time"`
	Decimal         *bool    `json:"is_decimal_allowed"`
	MinValue        string   `json:"min_value"`
	MaxValue        string   `json:"max_value"`
}

type option struct {
	Text  text   `json:"text"`
	Value string `json:"value"`
}

// Views lists the views of a user, oldest first.
func (s *Server) Views(user string) []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []View
	for _, v := range s.views {
		if v.User == user {
			list = append(list, *v)
		}
	}
	return list
}

func (s *Server) view(id string) *View {
	i := slices.IndexFunc(s.views, func(v *View) bool { return v.ID == id })
	if i < 0 {
		return nil
	}
	return s.views[i]
}

// viewsOpen opens a view for whoever did what the trigger stands for.
func (s *Server) viewsOpen(form url.Values) (answer, *refusal) {
	id := form.Get("trigger_id")
	t := s.triggers[id]
	switch {
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case time.Now().After(t.until):
		return nil, refuse("expired_trigger_id")
	}
	v := &View{ID: s.next("V0VIEW"), User: t.user, Open: true}
	if err := v.become(json.RawMessage(form.Get("view")), s.next("hash")); err != nil {
		return nil, refuse("invalid_arguments", "[ERROR] "+err.Error())
	}
	t.used = true
	s.views = append(s.views, v)
	return answer{"view": answer{"id": v.ID, "hash": v.hash, "type": "modal", "callback_id": v.CallbackID}}, nil
}

func (s *Server) viewsUpdate(form url.Values) (answer, *refusal) {
	v := s.view(form.Get("view_id"))
	switch {
	case v == nil || !v.Open:
		return nil, refuse("not_found")
	case form.Get("hash") != "" && form.Get("hash") != v.hash:
		return nil, refuse("hash_conflict")
	}
	if err := v.become(json.RawMessage(form.Get("view")), s.next("hash")); err != nil {
		return nil, refuse("invalid_arguments", "[ERROR] "+err.Error())
	}
	return answer{"view": answer{"id": v.ID, "hash": v.hash, "type": "modal", "callback_id": v.CallbackID}}, nil
}

// become makes v the view of the source, which must keep Slack's limits.
func (v *View) become(raw json.RawMessage, hash string) error {
	var src modalSource
	if err := json.Unmarshal(raw, &src); err != nil {
		return fmt.Errorf("view: %w", err)
	}
	var blocks []input
	if err := json.Unmarshal(src.Blocks, &blocks); err != nil {
		return fmt.Errorf("view blocks: %w", err)
	}
	if err := checkView(raw, src, blocks); err != nil {
		return err
	}
	v.Title, v.CallbackID, v.Metadata, v.Blocks = src.Title.Text, src.CallbackID, src.PrivateMetadata, src.Blocks
	v.Submit, v.Close = src.Submit.words(), src.Close.words()
	v.hash, v.inputs, v.Errors = hash, nil, nil
	for _, b := range blocks {
		if b.Type == "input" {
			v.inputs = append(v.inputs, b)
		}
	}
	return nil
}

func checkView(raw json.RawMessage, src modalSource, blocks []input) error {
	switch {
	case src.Type != "modal":
		return fmt.Errorf("view type %q", src.Type)
	case len(raw) > maxView:
		return fmt.Errorf("view has %d bytes", len(raw))
	case src.Title == nil:
		return errors.New("view needs a title")
	case utf8.RuneCountInString(src.PrivateMetadata) > maxMetadata:
		return errors.New("private_metadata too long")
	case utf8.RuneCountInString(src.CallbackID) > maxID:
		return errors.New("callback_id too long")
	case len(blocks) == 0 || len(blocks) > maxViewBlocks:
		return fmt.Errorf("view has %d blocks", len(blocks))
	}
	for _, t := range []*text{src.Title, src.Submit, src.Close} {
		if t != nil && (t.Type != "plain_text" || checkText(*t, maxTitle) != "") {
			return fmt.Errorf("title, submit and close need 1 to %d characters: %q", maxTitle, t.Text)
		}
	}
	return checkViewBlocks(src, blocks)
}

func checkViewBlocks(src modalSource, blocks []input) error {
	var plain []block
	if err := json.Unmarshal(src.Blocks, &plain); err != nil {
		return fmt.Errorf("view blocks: %w", err)
	}
	ids := map[string]bool{}
	for i, b := range blocks {
		bad := fault("")
		switch {
		case b.Type == "input" && src.Submit == nil:
			bad = "input without submit"
		case b.Type == "input":
			bad = checkInput(b)
		default:
			bad = checkBlock(plain[i])
		}
		if b.BlockID != "" && ids[b.BlockID] {
			bad = "block_id already exists"
		}
		ids[b.BlockID] = true
		if bad != "" {
			return fmt.Errorf("%s [json-pointer:/view/blocks/%d]", bad, i)
		}
	}
	return nil
}

func checkInput(b input) fault {
	e := b.Element
	switch {
	case b.Label == nil || b.Label.Type != "plain_text" || checkText(*b.Label, maxInputLabel) != "":
		return "input needs a label"
	case b.Hint != nil && checkText(*b.Hint, maxInputLabel) != "":
		return "hint too long"
	case e.ActionID == "" || utf8.RuneCountInString(e.ActionID) > maxID:
		return "input needs an action_id"
	case e.Placeholder != nil && checkText(*e.Placeholder, maxPlaceholder) != "":
		return "placeholder too long"
	}
	switch e.Type {
	case "plain_text_input":
		if e.MaxLength > maxInputText || utf8.RuneCountInString(e.InitialValue) > min(maxInputText, cmp.Or(e.MaxLength, maxInputText)) {
			return "text too long"
		}
		return ""
	case "number_input":
		return checkNumber(e)
	case "static_select":
		return checkOptions(e.Options, e.InitialOption, maxOptions)
	case "radio_buttons":
		return checkOptions(e.Options, e.InitialOption, maxRadio)
	case "datetimepicker":
		if at := e.InitialDateTime; at != 0 && len(strconv.FormatInt(at, 10)) != 10 {
			return "initial_date_time needs 10 digits"
		}
		return ""
	}
	return fault("unsupported element: " + e.Type)
}

// checkNumber reports what is wrong with an input of a whole number.
func checkNumber(e inputElement) fault {
	if e.Decimal == nil {
		return "number_input needs is_decimal_allowed"
	}
	for _, n := range []string{e.MinValue, e.MaxValue, e.InitialValue} {
		if _, err := strconv.Atoi(n); n != "" && err != nil {
			return fault("no whole number: " + n)
		}
	}
	return ""
}

func checkOptions(options []option, initial *option, limit int) fault {
	if len(options) == 0 || len(options) > limit {
		return fault(fmt.Sprintf("needs 1 to %d options", limit))
	}
	for _, o := range options {
		if checkText(o.Text, maxOptionText) != "" || o.Value == "" || utf8.RuneCountInString(o.Value) > maxOptionText {
			return "option needs text and value of at most 75 characters"
		}
	}
	same := func(o option) bool { return o.Value == initial.Value && o.Text.Text == initial.Text.Text }
	if initial != nil && !slices.ContainsFunc(options, same) {
		return "initial_option is not among the options"
	}
	return ""
}

// fill is the state of the view with these values entered.
func (v *View) fill(values map[string]string) (answer, error) {
	state := answer{}
	for id := range values {
		if !slices.ContainsFunc(v.inputs, func(in input) bool { return in.BlockID == id }) {
			return nil, fmt.Errorf("submit %s: no input %q", v.ID, id)
		}
	}
	for _, in := range v.inputs {
		value, given := values[in.BlockID]
		entered, err := in.enter(value, given)
		if err != nil {
			return nil, fmt.Errorf("submit %s: %s: %w", v.ID, in.BlockID, err)
		}
		state[in.BlockID] = answer{in.Element.ActionID: entered}
	}
	return state, nil
}

// enter is what an input holds, its first value if none is given. Slack sends
// nothing it would not let a person enter.
func (in input) enter(value string, given bool) (answer, error) {
	e := in.Element
	a := answer{"type": e.Type}
	switch e.Type {
	case "plain_text_input":
		if !given {
			value = e.InitialValue
		}
		a["value"] = value
		if value == "" {
			a["value"] = nil
		}
		if utf8.RuneCountInString(value) > cmp.Or(e.MaxLength, maxInputText) {
			return nil, errors.New("too long")
		}
	case "number_input":
		var err error
		if value, err = e.enterNumber(value, given); err != nil {
			return nil, err
		}
		a["value"] = value
		if value == "" {
			a["value"] = nil
		}
	case "datetimepicker":
		at := e.InitialDateTime
		if given {
			var err error
			if at, err = strconv.ParseInt(value, 10, 64); err != nil {
				return nil, err
			}
		}
		if at != 0 {
			a["selected_date_time"], value = at, "set"
		}
	default:
		chosen := e.InitialOption
		if given {
			i := slices.IndexFunc(e.Options, func(o option) bool { return o.Value == value })
			if i < 0 {
				return nil, fmt.Errorf("no option %q", value)
			}
			chosen = &e.Options[i]
		}
		a["selected_option"] = chosen
		if chosen != nil {
			value = chosen.Value
		}
	}
	if value == "" && !in.Optional {
		return nil, errors.New("nothing entered")
	}
	return a, nil
}

// enterNumber is the number that an input holds, which is within its bounds.
func (e inputElement) enterNumber(value string, given bool) (string, error) {
	if !given {
		value = e.InitialValue
	}
	if value == "" {
		return "", nil
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		return "", err
	}
	least, errLeast := strconv.Atoi(cmp.Or(e.MinValue, value))
	most, errMost := strconv.Atoi(cmp.Or(e.MaxValue, value))
	if n < least || n > most {
		err = fmt.Errorf("%d is not from %d to %d", n, least, most)
	}
	return value, errors.Join(errLeast, errMost, err)
}

// complain shows errors at inputs; Slack refuses those at anything else.
func (v *View) complain(errs map[string]string) error {
	for id := range errs {
		if !slices.ContainsFunc(v.inputs, func(in input) bool { return in.BlockID == id }) {
			return fmt.Errorf("submit %s: error at %q, which is no input", v.ID, id)
		}
	}
	v.Errors = errs
	return nil
}
