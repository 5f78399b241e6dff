package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"upgradehub/events"
	"upgradehub/hub/store"
)

// Items are low answers and reports that somebody is to look at.
type Items struct {
	Items []Item `json:"items"`
}

// Item is one of them, with its words, for operators.
type Item struct {
	store.ItemRow
	// Number is what the receipt of a report is called.
	Number string `json:"number,omitempty"`
	Text   string `json:"text,omitempty"`
	// Reply is what was said to the person, Note what those who run upgrades
	// noted last.
	Reply string `json:"reply,omitempty"`
	Note  string `json:"note,omitempty"`
}

// ItemDeed is what somebody did about an item.
type ItemDeed struct {
	// Status is seen, answered or action.
	Status events.ItemStatus `json:"status"`
	By     string            `json:"by"`
	Owner  string            `json:"owner,omitempty"` // who answers for it from now on
	Note   string            `json:"note,omitempty"`  // for those who run upgrades
	// Reply is said to the person; only with the status answered.
	Reply string `json:"reply,omitempty"`
}

// Said is what the person said, in short.
func (i Item) Said() string {
	var parts []string
	if i.Rating > 0 {
		parts = append(parts, strconv.Itoa(i.Rating)+" of 5")
	}
	for _, part := range []string{i.Disruption, i.Component, strings.Join(strings.Fields(i.Text), " ")} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ")
}

// maxWords is how long a reply or a note may be, in characters.
const maxWords = 4000

var itemStatuses = []events.ItemStatus{"", events.ItemNew, events.ItemSeen, events.ItemAnswered, events.ItemAction}

func (a *API) listItems(w http.ResponseWriter, r *http.Request) error {
	asked := r.URL.Query()
	filter := store.ItemFilter{Upgrade: asked.Get("upgrade"), Status: events.ItemStatus(asked.Get("status")), Limit: listed}
	if !slices.Contains(itemStatuses, filter.Status) {
		return refuse(http.StatusBadRequest, "status: "+strconv.Quote(asked.Get("status"))+" is none of new, seen, answered, action")
	}
	if overdue := asked.Get("overdue"); overdue != "" {
		is, err := strconv.ParseBool(overdue)
		if err != nil {
			return refuse(http.StatusBadRequest, "overdue: "+strconv.Quote(overdue)+" is neither true nor false")
		}
		filter.Overdue = is
	}
	rows, err := a.store.Items(r.Context(), filter)
	if err != nil {
		return err
	}
	list := Items{[]Item{}}
	for _, row := range rows {
		item, err := a.item(r.Context(), row)
		if err != nil {
			return err
		}
		list.Items = append(list.Items, item)
	}
	return reply(w, http.StatusOK, list)
}

// item adds the words to a row.
func (a *API) item(ctx context.Context, row store.ItemRow) (Item, error) {
	item, words := Item{ItemRow: row}, a.people.Words
	if row.Kind == store.ItemReport {
		item.Number, words = events.ReportNumber(row.ID), a.people.ReportWords
	}
	var err error
	if item.Text, err = words(ctx, row.ID); err != nil {
		return item, err
	}
	if row.Replied {
		if item.Reply, err = a.people.Reply(ctx, row.ID); err != nil {
			return item, err
		}
	}
	if row.Noted {
		item.Note, err = a.people.Note(ctx, row.ID)
	}
	return item, err
}

// changeItem takes what somebody did about an item. Words go to PEOPLE before
// the fact that there are some.
func (a *API) changeItem(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	var d ItemDeed
	if err := json.Unmarshal(body, &d); err != nil {
		return refuse(http.StatusBadRequest, `the body is {"status":"seen","by":"@lead"} or the like`)
	}
	row, err := a.knownItem(r)
	if err != nil {
		return err
	}
	d.Reply, d.Note = strings.TrimSpace(d.Reply), strings.TrimSpace(d.Note)
	said := &events.FeedbackAcknowledged{
		Answer: row.ID, By: d.By, Status: d.Status, Owner: d.Owner, HasNote: d.Note != "", HasReply: d.Reply != "",
	}
	if faults := append(d.faults(), said.Faults()...); len(faults) > 0 {
		return refuse(http.StatusBadRequest, "this has faults; correct them all and send it again", faults...)
	}
	if said.HasReply && row.Anonymous() {
		return refuse(http.StatusConflict, "the answer is anonymous: nobody would read a reply")
	}
	if err := a.keep(r.Context(), row.ID, d); err != nil {
		return err
	}
	if err := a.state(r.Context(), events.TypeFeedbackAcknowledged, row.Upgrade, said); err != nil {
		return err
	}
	if row, err = a.knownItem(r); err != nil {
		return err
	}
	item, err := a.item(r.Context(), row)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, item)
}

// keep keeps the words of a deed.
func (a *API) keep(ctx context.Context, item string, d ItemDeed) error {
	if d.Note != "" {
		if err := a.people.KeepNote(ctx, item, d.Note); err != nil {
			return err
		}
	}
	if d.Reply == "" {
		return nil
	}
	return a.people.KeepReply(ctx, item, d.Reply)
}

func (a *API) knownItem(r *http.Request) (store.ItemRow, error) {
	row, known, err := a.store.Item(r.Context(), r.PathValue("id"))
	if err == nil && !known {
		err = refuse(http.StatusNotFound, "no item has this id; list them with hub items")
	}
	return row, err
}

// faults are those that the fact does not know of.
func (d ItemDeed) faults() []string {
	var faults []string
	if strings.TrimSpace(d.By) == "" {
		faults = append(faults, "by: is required")
	}
	for _, words := range []struct{ name, text string }{{"reply", d.Reply}, {"note", d.Note}} {
		if n := utf8.RuneCountInString(words.text); n > maxWords {
			faults = append(faults, words.name+": has "+strconv.Itoa(n)+" characters, at most "+strconv.Itoa(maxWords)+" are allowed")
		}
	}
	return faults
}
