package statuspage

import (
	"slices"
	"strconv"
	"time"

	"upgradehub/events/upgrade"
)

// recordView is how well promises were kept, over all upgrades that ended.
type recordView struct {
	Count int
	Words []string
	Score string // how good forecasts were; empty if none was scored
}

// record counts what was announced against what came. What was canceled was
// never begun and has no length.
func (s *scribe) record(past []upgrade.Public) recordView {
	v := recordView{Count: len(past)}
	if len(past) == 0 {
		return v
	}
	var begun, onTime, kept, promised int
	var notices []time.Duration
	for _, u := range past {
		if notice := u.Notice(); notice > 0 {
			notices = append(notices, notice)
		}
		kept += u.PromisesKept + u.PromisesKeptByMachine
		promised += u.PromisesKept + u.PromisesKeptByMachine + u.PromisesBroken
		if u.Started == nil || u.Finished == nil || u.State == upgrade.Canceled {
			continue
		}
		begun++
		if u.Finished.Sub(u.Window.End) < time.Minute {
			onTime++
		}
	}
	v.Words = append(v.Words, s.Say("record.ended", "n", len(past)))
	v.add(s, "record.on_time", onTime, begun)
	if len(notices) > 0 {
		slices.Sort(notices)
		v.Words = append(v.Words, s.Say("record.notice", "length", s.length(notices[(len(notices)-1)/2])))
	}
	v.add(s, "record.promises", kept, promised)
	return v
}

// add says a share unless there is nothing to share.
func (v *recordView) add(s *scribe, id string, done, all int) {
	if all > 0 {
		v.Words = append(v.Words, s.Say(id, "done", strconv.Itoa(done), "all", strconv.Itoa(all)))
	}
}

// rowView is an ended upgrade against its announcement.
type rowView struct {
	Planned, Actual *bar
	Words           []string
}

// rowOf draws and says how an upgrade that ended kept to what was announced.
func (s *scribe) rowOf(u upgrade.Public) *rowView {
	if u.Started == nil || u.Finished == nil {
		return nil
	}
	sc := scale{u.Window.Start, u.Window.End}.include(u.Started).include(u.Finished)
	v := &rowView{
		Planned: sc.bar(&u.Window.Start, &u.Window.End, *u.Finished),
		Actual:  sc.bar(u.Started, u.Finished, *u.Finished),
	}
	if notice := u.Notice(); notice > 0 {
		v.Words = append(v.Words, s.Say("record.row_notice", "length", s.length(notice)))
	}
	if late := u.Started.Sub(u.Window.Start); late >= 10*time.Minute {
		v.Words = append(v.Words, s.Say("record.start_late", "length", s.length(late)))
	}
	v.Words = append(v.Words, s.endWords(u))
	if all := u.PromisesKept + u.PromisesKeptByMachine + u.PromisesBroken; all > 0 {
		kept := strconv.Itoa(all - u.PromisesBroken)
		v.Words = append(v.Words, s.Say("record.kept", "done", kept, "all", strconv.Itoa(all)))
	}
	return v
}

func (s *scribe) endWords(u upgrade.Public) string {
	switch late := u.Finished.Sub(u.Window.End); {
	case late >= time.Minute:
		return s.Say("record.end_late", "length", s.length(late))
	case late <= -time.Minute:
		return s.Say("record.end_early", "length", s.length(-late))
	}
	return s.Say("record.end_on_time")
}

// lastOf is the newest upgrade of the same system that was begun and ended
// before this one; false if there is none.
func lastOf(u upgrade.Public, all []upgrade.Public) (upgrade.Public, bool) {
	var last upgrade.Public
	for _, o := range all {
		if o.ID == u.ID || o.System != u.System || !o.State.Ended() || o.Started == nil || o.Finished == nil || !o.Finished.Before(u.Window.Start) {
			continue
		}
		if last.Finished == nil || o.Finished.After(*last.Finished) {
			last = o
		}
	}
	return last, last.Finished != nil
}

// lastTime says how it went the last time.
func (s *scribe) lastTime(u upgrade.Public, all []upgrade.Public) line {
	last, ok := lastOf(u, all)
	if !ok || u.State.Ended() {
		return nil
	}
	return s.line("past.last", "title", last.Title, "at", s.moment(*last.Finished, "day"), "how", s.how(last))
}

// how an upgrade went, in a sentence.
func (s *scribe) how(u upgrade.Public) string {
	took := s.length(u.Finished.Sub(*u.Started))
	late := u.Finished.Sub(u.Window.End)
	switch {
	case u.State != upgrade.Completed:
		return s.Say("past.state", "state", s.signOf(u).Word, "length", took)
	case late >= time.Minute:
		return s.Say("past.late", "length", took, "late", s.length(late))
	}
	return s.Say("past.on_time", "length", took)
}
