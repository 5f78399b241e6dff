package people

import (
	"context"
	"encoding/json"
)

// words are what is kept of what somebody wrote. Whose it is stands there no
// more than in the log.
type words struct {
	Text string `json:"text"`
}

func reportKey(report string) string { return "report." + report }

// replyKey is of an answer or a report.
func replyKey(item string) string { return "reply." + item }

// KeepReport keeps what somebody wrote in a report.
func (p *People) KeepReport(ctx context.Context, report, text string) error {
	return p.keep(ctx, reportKey(report), text)
}

// ReportWords are what somebody wrote in a report; empty if that was erased.
func (p *People) ReportWords(ctx context.Context, report string) (string, error) {
	return p.kept(ctx, reportKey(report))
}

// noteKey is of an answer or a report.
func noteKey(item string) string { return "note." + item }

// KeepNote keeps what those who run upgrades note about an answer or a report,
// in place of what they noted before.
func (p *People) KeepNote(ctx context.Context, item, text string) error {
	return p.keep(ctx, noteKey(item), text)
}

// Note is what was noted about an answer or a report; empty if nothing was, or
// if it was erased.
func (p *People) Note(ctx context.Context, item string) (string, error) {
	return p.kept(ctx, noteKey(item))
}

// KeepReply keeps what is said to whoever gave an answer or made a report.
func (p *People) KeepReply(ctx context.Context, item, text string) error {
	return p.keep(ctx, replyKey(item), text)
}

// Reply is what was said to whoever gave an answer or made a report; empty if
// nothing was, or if it was erased.
func (p *People) Reply(ctx context.Context, item string) (string, error) {
	return p.kept(ctx, replyKey(item))
}

// wordsKeys are of all that was written in an answer or a report, or about it.
func wordsKeys(id string) []string {
	return []string{answerKey(id), reportKey(id), replyKey(id), noteKey(id)}
}

// EraseWords erases what somebody wrote in an answer or a report, what was noted
// about it, and what was said to it; false if nothing of that is there. Numbers
// stay, and whose it is. It is for words that their person cannot be found by any
// more, or that others are named in.
func (p *People) EraseWords(ctx context.Context, id string) (bool, error) {
	there := false
	for _, key := range wordsKeys(id) {
		text, err := p.kept(ctx, key)
		if err != nil {
			return false, err
		}
		there = there || text != ""
	}
	if !there {
		return false, nil
	}
	if err := p.purge(ctx, wordsKeys(id)...); err != nil {
		return false, err
	}
	return true, p.Mirrored(ctx)
}

// ForgetNotes erases what was noted about an answer or a report, and what was
// said to whoever it is from.
func (p *People) ForgetNotes(ctx context.Context, item string) error {
	return p.purge(ctx, noteKey(item), replyKey(item))
}

func (p *People) keep(ctx context.Context, key, text string) error {
	raw, err := json.Marshal(words{text})
	if err != nil {
		return err
	}
	return p.bus.PutPerson(ctx, key, raw)
}

// kept reads words as the mirror has them, else as the bucket has: what was
// written a moment ago may not be mirrored yet.
func (p *People) kept(ctx context.Context, key string) (string, error) {
	raw, err := p.store.People(ctx, key)
	if err == nil && raw == nil {
		raw, err = p.bus.Person(ctx, key)
	}
	if err != nil || raw == nil {
		return "", err
	}
	var w words
	return w.Text, json.Unmarshal(raw, &w)
}
