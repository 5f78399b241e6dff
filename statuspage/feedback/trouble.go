package feedback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

// While work is under way anyone may say that something is broken for them,
// and gets a receipt. The form defends itself as the open survey does.

// Report is that something is broken for somebody.
type Report struct {
	// ID opens the receipt. Nobody can guess it, and a form that is sent twice
	// has it twice.
	ID string
	// Upgrade is the id of the upgrade.
	Upgrade string
	// Component is one that visitors see, empty if they know none.
	Component string
	// Text is at most 4000 runes.
	Text string
	// Browser is the random id of the browser.
	Browser string
}

// Receipt is what became of a report.
type Receipt struct {
	ID       string
	Received time.Time
	Status   events.ItemStatus
	// Reply is what was said to whoever reported it; empty if nothing.
	Reply string
}

// Reports takes what is broken for people.
type Reports interface {
	// Running is the upgrade that reports are about, whatever its state; it
	// wraps [ErrNotFound].
	Running(ctx context.Context, upgradeID string) (upgrade.Public, error)
	// Report records a report, once.
	Report(ctx context.Context, r Report) error
	// Receipt is what became of a report about an upgrade; it wraps
	// [ErrNotFound].
	Receipt(ctx context.Context, upgradeID, report string) (Receipt, error)
	// Reported lists the reports of a browser about an upgrade, oldest first.
	Reported(ctx context.Context, upgradeID, browser string) ([]Receipt, error)
}

// troubleView is the form.
type troubleView struct {
	Title      string // of the upgrade
	Action     string
	Components []choice
	Text       string
	Fault      string
	Stamp      string
	Mine       []mine
}

// mine is a report of this browser.
type mine struct{ Number, Link string }

// running is the upgrade of the path.
func (f *Forms) running(r *http.Request) (upgrade.Public, error) {
	id := r.PathValue("id")
	if !upgradeForm.MatchString(id) {
		return upgrade.Public{}, ErrNotFound
	}
	return f.cfg.Reports.Running(r.Context(), id)
}

// showTrouble is GET /upgrades/{id}/trouble, and with ?receipt= the receipt.
func (f *Forms) showTrouble(w http.ResponseWriter, r *http.Request) error {
	u, err := f.running(r)
	if err != nil {
		return err
	}
	if receipt := r.URL.Query().Get("receipt"); receipt != "" {
		return f.showReceipt(w, r, u, receipt)
	}
	if !u.State.Live() {
		return errQuiet
	}
	return f.askTrouble(w, r, u, http.StatusOK, Report{}, "")
}

// askTrouble shows the form, as it was filled; fault is the message that says
// what is missing.
func (f *Forms) askTrouble(w http.ResponseWriter, r *http.Request, u upgrade.Public, status int, filled Report, fault string) error {
	words := f.in(r)
	v := troubleView{
		Title: u.Title, Action: r.URL.Path, Components: choose(components(words, u), filled.Component), Text: filled.Text,
		Stamp: f.stamp(aboutTrouble(u.ID)),
	}
	if fault != "" {
		v.Fault = words.Say(fault)
	}
	if browser := f.browser(r); browser != "" {
		reports, err := f.cfg.Reports.Reported(r.Context(), u.ID, browser)
		if err != nil {
			return err
		}
		for _, one := range reports {
			v.Mine = append(v.Mine, mine{events.ReportNumber(one.ID), ReceiptPath(u.ID, one.ID)})
		}
	}
	return f.show(w, r, status, words.Say("trouble.title"), "trouble", v)
}

// components are those visitors see, and none of them; nothing if there is
// nothing to choose from.
func components(words scribe, u upgrade.Public) []choice {
	var all []choice
	for _, c := range u.Components {
		all = append(all, choice{Value: c.ID, Label: c.Name})
	}
	if len(all) > 0 {
		all = append(all, choice{Label: words.Say("trouble.other")})
	}
	return all
}

// takeTrouble is POST /upgrades/{id}/trouble.
func (f *Forms) takeTrouble(w http.ResponseWriter, r *http.Request) error {
	u, err := f.running(r)
	if err != nil {
		return err
	}
	if !u.State.Live() {
		return errQuiet
	}
	if err := f.admit(r, u.ID); err != nil {
		return err
	}
	report, fault := f.readReport(r, u)
	if fault != "" {
		return f.askTrouble(w, r, u, http.StatusUnprocessableEntity, report, fault)
	}
	if robot(r) {
		http.Redirect(w, r, "/upgrades/"+u.ID, http.StatusSeeOther)
		return nil
	}
	if report.Browser = f.browser(r); report.Browser == "" {
		report.Browser = f.mark(w)
	}
	if err := f.cfg.Reports.Report(r.Context(), report); err != nil {
		return err
	}
	http.Redirect(w, r, ReceiptPath(u.ID, report.ID), http.StatusSeeOther)
	return nil
}

// readReport reads a report from the posted form; fault is the message that
// says what is missing.
func (f *Forms) readReport(r *http.Request, u upgrade.Public) (report Report, fault string) {
	at := r.PostFormValue("at")
	report = Report{Upgrade: u.ID, Component: r.PostFormValue("component"), Text: written(r)}
	report.ID = f.idOf("report", u.ID, at, f.cfg.ClientIP(r), report.Component, report.Text)
	switch {
	case !known(components(f.in(r), u), report.Component):
		fault, report.Component = "fault.component", ""
	case utf8.RuneCountInString(report.Text) > maxText:
		fault = "big.words"
	case !f.inTime(aboutTrouble(u.ID), at):
		fault = "fault.again"
	}
	return report, fault
}

// idOf is an id of what it is made of that nobody else can make: 88 bits in
// hex, because a - at the beginning would make an option of it in a command.
func (f *Forms) idOf(parts ...string) string {
	sum := sha256.Sum256([]byte(f.sign(parts...)))
	return hex.EncodeToString(sum[:11])
}

// written is the text of the posted form, with the line ends of this side.
func written(r *http.Request) string {
	return strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n"), ""))
}

// aboutTrouble is what the stamp of the form is about.
func aboutTrouble(upgradeID string) string { return "trouble " + upgradeID }

// ReceiptPath is where the receipt of a report is shown.
func ReceiptPath(upgradeID, report string) string {
	return "/upgrades/" + upgradeID + "/trouble?receipt=" + url.QueryEscape(report)
}

// receiptView is what a person gets for a report.
type receiptView struct {
	Title    string // of the upgrade
	Number   string
	Received string
	Became   string
	Reply    string
	Page     string
	Again    string // the form, while it is open
}

// became says what became of a report.
var became = map[events.ItemStatus]string{
	events.ItemNew: "receipt.new", events.ItemSeen: "receipt.seen",
	events.ItemAnswered: "receipt.answered", events.ItemAction: "receipt.action",
}

// showReceipt shows what became of a report. Its address is the person's own.
func (f *Forms) showReceipt(w http.ResponseWriter, r *http.Request, u upgrade.Public, id string) error {
	w.Header().Set("X-Robots-Tag", "noindex")
	if !tokenForm.MatchString(id) {
		return ErrNotFound
	}
	receipt, err := f.cfg.Reports.Receipt(r.Context(), u.ID, id)
	if err != nil {
		return err
	}
	words := f.in(r)
	v := receiptView{
		Title: u.Title, Number: events.ReportNumber(id), Received: when.In(words.Code).Full(receipt.Received, when.Zone(u.Zone)),
		Became: words.Say(became[receipt.Status]), Reply: receipt.Reply, Page: "/upgrades/" + u.ID,
	}
	if u.State.Live() {
		v.Again = r.URL.Path
	}
	return f.show(w, r, http.StatusOK, words.Say("receipt.title"), "receipt", v)
}
