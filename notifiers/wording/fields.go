package wording

import "reflect"

// Fields are what a template may name: the value of each is a text or a list,
// and each is one line of plain characters. What does not apply is empty.
type Fields struct {
	Title   string `name:"title" is:"what is upgraded, as the plan calls it"`
	System  string `name:"system" is:"the system that is upgraded"`
	Upgrade string `name:"upgrade" is:"the id of the upgrade"`
	State   string `name:"state" is:"how it stands: Planned, In progress, Done, with issues"`
	Icon    string `name:"icon" is:"a picture of the state"`

	Impact     []string `name:"impact" is:"what people notice: before the start what is expected, then what is so now"`
	StillWorks []string `name:"still_works" is:"what still works, as the plan says"`
	DoBefore   []string `name:"do_before" is:"what to do before, as the plan says"`
	OddAfter   []string `name:"odd_after" is:"what may look odd afterwards, as the plan says"`
	Promise    string   `name:"promise" is:"when the next update comes, in a sentence; while it is live"`

	Since string `name:"since" is:"what is otherwise since last time, in a sentence; before it begins"`

	Window    string   `name:"window" is:"the announced window, in UTC and in the reader's zone"`
	Start     string   `name:"start" is:"the announced start"`
	End       string   `name:"end" is:"the announced end"`
	Length    string   `name:"length" is:"how long the window is"`
	StartsIn  string   `name:"starts_in" is:"how long until the start"`
	Forecast  string   `name:"forecast" is:"when it is likely to end, with the evidence, in a sentence"`
	Over      string   `name:"over" is:"when it is over: the announced end, the new one, or that none is known, in a sentence"`
	Phases    []string `name:"phases" is:"how far the phases are"`
	Warnings  []string `name:"warnings" is:"that it is late, overdue or silent, since when"`
	OldWindow string   `name:"old_window" is:"the window announced before (moved)"`
	NewWindow string   `name:"new_window" is:"the new window (moved)"`
	Shift     string   `name:"shift" is:"how much later or earlier it ends (moved)"`
	Due       string   `name:"due" is:"the time that passed, or by which something is due"`

	Started  string `name:"started" is:"when it began"`
	Finished string `name:"finished" is:"when it ended"`
	Took     string `name:"took" is:"how long it took"`
	Planned  string `name:"planned" is:"how long it was to take, as first announced"`
	Reason   string `name:"reason" is:"why, as far as the reader may know"`
	Work     string `name:"work" is:"whether what was entered since the start is safe, in a sentence"`
	Update   string `name:"update" is:"what was posted, in Markdown; alone on its line"`

	Phase     string `name:"phase" is:"the phase it is about"`
	Component string `name:"component" is:"the component it is about"`
	Page      string `name:"page" is:"the address of the upgrade's page"`
	Feedback  string `name:"feedback" is:"the address of the open feedback form"`

	Changes []string `name:"changes" is:"what is done otherwise because of what people said (learnt)"`

	Closes string `name:"closes" is:"until when answers are taken"`

	Lead        string   `name:"lead" is:"who leads, and who steps in" inside:"yes"`
	Owner       string   `name:"owner" is:"who owns what it is about" inside:"yes"`
	Objectives  []string `name:"objectives" is:"what it is for" inside:"yes"`
	Results     []string `name:"results" is:"what of it was reached" inside:"yes"`
	Risks       []string `name:"risks" is:"the three greatest risks" inside:"yes"`
	CameTrue    []string `name:"came_true" is:"the risks that came true" inside:"yes"`
	Risk        string   `name:"risk" is:"the risk it is about" inside:"yes"`
	Gates       []string `name:"gates" is:"who decides what, until when, and how the evidence stands" inside:"yes"`
	Gate        string   `name:"gate" is:"the gate it is about" inside:"yes"`
	RollbackBy  string   `name:"rollback_by" is:"the latest moment to go back" inside:"yes"`
	BackTakes   string   `name:"back_takes" is:"how long going back takes" inside:"yes"`
	Failover    string   `name:"failover" is:"who is active, who stands by" inside:"yes"`
	Failback    string   `name:"failback" is:"how the failover is to end" inside:"yes"`
	Action      string   `name:"action" is:"what a contingency asks for" inside:"yes"`
	Trigger     string   `name:"trigger" is:"what called for it" inside:"yes"`
	ActionTakes string   `name:"action_takes" is:"how long it takes" inside:"yes"`
	Note        string   `name:"note" is:"what tooling reported" inside:"yes"`
	Answered    []string `name:"answered" is:"what was answered so far" inside:"yes"`
	Reports     string   `name:"reports" is:"how many people say that something is broken, and how many lately" inside:"yes"`
	ReportsOf   []string `name:"reports_of" is:"how many of them of each component" inside:"yes"`
	Waiting     string   `name:"waiting" is:"how many low answers and reports nobody has looked at in time, in a sentence" inside:"yes"`
	Promises    string   `name:"promises" is:"how many promised updates were kept and broken" inside:"yes"`
	Draft       string   `name:"draft" is:"a draft of the promised update" inside:"yes"`
	Holding     string   `name:"holding" is:"what the hub said in place of people" inside:"yes"`
	ToldBefore  string   `name:"told_before" is:"who heard of it before" inside:"yes"`
}

// Field is one name that a template may use.
type Field struct {
	Name string `json:"name"`
	Is   string `json:"is"`
	// List: alone on its line it becomes one line for each of its values.
	List bool `json:"list"`
	// Inside: it is empty for those who only use the system.
	Inside bool `json:"inside"`
}

// Known lists the fields.
func Known() []Field {
	var list []Field
	for f := range reflect.TypeFor[Fields]().Fields() {
		list = append(list, Field{
			Name: f.Tag.Get("name"), Is: f.Tag.Get("is"), List: f.Type.Kind() == reflect.Slice, Inside: f.Tag.Get("inside") != "",
		})
	}
	return list
}

// places has the position of each field in [Fields], by its name.
var places = func() map[string]int {
	m := map[string]int{}
	for i, f := range Known() {
		m[f.Name] = i
	}
	return m
}()

// values are those of a field: those of a list that are not empty, or its text alone;
// none if it does not apply. None is longer than any message needs.
func values(f *Fields, name string) []string {
	v := reflect.ValueOf(f).Elem().Field(places[name])
	all := []string{v.String()}
	if v.Kind() == reflect.Slice {
		all = v.Interface().([]string)
	}
	var out []string
	for _, s := range all[:min(len(all), maxValues)] {
		if s != "" {
			out = append(out, clip(s))
		}
	}
	return out
}

// What is filled in is bounded, too.
const (
	maxValues = 100   // of a list
	maxValue  = 4_000 // characters of each
)

func clip(s string) string {
	if r := []rune(s); len(r) > maxValue {
		return string(r[:maxValue-1]) + "…"
	}
	return s
}
