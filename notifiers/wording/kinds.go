package wording

// Kind is a message that a template can put into other words: a moment, or
// what the moment means where the words must differ.
type Kind struct {
	Name string `json:"name"`
	Is   string `json:"is"`
	// Needs are the fields that its template must name.
	Needs []string `json:"needs"`
}

// promised marks the kinds that are told while the work goes on: each of them
// says when the next update comes.
const promised = "promise"

// Kinds lists the messages that a template can put into other words. Cards on
// which a gate is decided are none: they change with what they show.
func Kinds() []Kind { return kinds }

var kinds = []Kind{
	{"announced", "it is planned", []string{"impact", "window"}},
	{"reminder", "it starts in a day", []string{"impact", "start"}},
	{"starting", "it starts in half an hour", []string{"impact", "start"}},
	{"moved", "its window moved", []string{"new_window", promised}},
	{"late", "it has not started in time", []string{"due", promised}},
	{"late-phase", "a phase has not started in time", []string{"phase", "due", promised}},

	{"root", "the message in Slack that follows the state", []string{"impact", "state", promised}},
	{"started", "it has started", []string{"impact", promised}},
	{"digest", "how it goes on, for those who hear of it seldom", []string{"impact", "state", promised}},
	{"update", "an update was posted", []string{"update", promised}},
	{"corrected", "an update was changed", []string{"update", promised}},
	{"withdrawn", "an update was withdrawn", []string{promised}},
	{"overdue", "the announced end passed", []string{"impact", "due", promised}},
	{"overdue-phase", "a phase takes longer than planned", []string{"phase", "due", promised}},
	{"silent", "nothing was reported for too long", []string{"due", promised}},
	{"promise-broken", "a promised update did not come", []string{"due", promised}},
	{"holding", "the hub spoke in place of people", []string{"holding", promised}},
	{"nudge", "an update is promised and has not come yet", []string{"due", "draft", promised}},
	{"phase", "a phase failed", []string{"phase", promised}},
	{"paused", "it was paused", []string{"impact", promised}},
	{"resumed", "it goes on after a pause", []string{promised}},
	{"gate", "a gate was decided", []string{"gate", promised}},
	{"undecided", "the deadline of a gate passed, and it is not decided", []string{"gate", "due", promised}},
	{"risk", "a risk came true", []string{"risk", promised}},
	{"contingency", "something happened that the plan has an answer to", []string{"action", promised}},
	{"redundancy", "a component has less reserve", []string{"component", "impact", promised}},
	{"failover-started", "a component is being moved to its standby", []string{"component", "impact", promised}},
	{"failover", "it runs on its standby", []string{"component", "impact", promised}},
	{"failover-failed", "it could not be moved", []string{"component", "impact", promised}},
	{"failback-started", "it is being moved back", []string{"component", promised}},
	{"failback", "it is back", []string{"component", promised}},
	{"failback-failed", "it could not be moved back", []string{"component", promised}},
	{"go-or-back", "how long going back still fits", []string{"rollback_by", promised}},
	{"forward-only", "going back no longer fits", []string{promised}},
	{"no-return", "a phase began after which there is no way back", []string{"phase", promised}},
	{"trouble", "people say that something is broken for them", []string{"reports", promised}},
	{"rollback", "it is being taken back", []string{"impact", "work", promised}},
	{"reopened", "it had ended by mistake", []string{"impact", promised}},

	{"completed", "it is done", []string{}},
	{"completed-with-issues", "it is done, with issues", []string{"impact"}},
	{"rolled-back", "it was taken back", []string{"impact", "work"}},
	{"failed", "it failed", []string{"impact"}},
	{"canceled", "it will not take place", []string{"window"}},
	{"stopped", "it was canceled under way", []string{"impact"}},
	{"survey", "testers are asked how it went", []string{}},
	{"survey-reminder", "those who have not answered are asked once more", []string{}},
	{"survey-digest", "what was answered so far", []string{"answered"}},
	{"items", "nobody has looked at low answers and reports in time", []string{"waiting"}},
	{"reply", "somebody is answered who answered", []string{"update"}},
	{"learnt", "what is done otherwise from now on, two weeks after", []string{"changes"}},
	{"report", "what came of it, two weeks after", []string{"results"}},
}

func kindOf(name string) (Kind, bool) {
	for _, k := range kinds {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}
