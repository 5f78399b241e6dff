package live

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// The messages that are always the same.
var (
	beat   = prepare([]byte(`{"hb":true}`))
	reload = prepare([]byte(`{"reload":true}`))
)

// maxSentences is how much is spoken at once to one who comes back.
const maxSentences = 3

// since is what a reader of the page has already.
type since func(mark) bool

// fromVersion is a reader who has seen that version of the page.
func fromVersion(v uint64) since { return func(m mark) bool { return m.version <= v } }

// fromSeq is a reader who has everything up to that position.
func fromSeq(seq uint64) since { return func(m mark) bool { return m.seq <= seq } }

// nothing is a reader of another log.
func nothing(mark) bool { return false }

// frame is what the reader lacks, and whether that is anything.
func (s *State) frame(has since) (raw []byte, some bool) {
	var b bytes.Buffer
	b.WriteString(`{"log":` + quote(s.Log) + `,"seq":` + strconv.FormatUint(s.Seq, 10))
	if s.t0 != 0 {
		b.WriteString(`,"t0":` + strconv.FormatInt(s.t0, 10))
	}
	b.WriteString(`,"title":` + quote(s.Title) + `,"say":` + quote(s.say(has)) + `,"f":{`)
	for _, f := range s.Fragments {
		if has(s.changed[f.ID]) {
			continue
		}
		if some {
			b.WriteByte(',')
		}
		some = true
		b.WriteString(quote(f.ID) + ":" + quote(f.HTML))
	}
	b.WriteString("}}")
	return b.Bytes(), some
}

// say joins the newest sentences the reader has not heard.
func (s *State) say(has since) string {
	var news []string
	for _, say := range s.said {
		if !has(s.changed[spoken+say]) {
			news = append(news, say)
		}
	}
	return strings.Join(news[:min(len(news), maxSentences)], " ")
}

// behindFrame says that this node has not yet folded what the reader saw.
func behindFrame(log string, seq uint64) []byte {
	return []byte(`{"log":` + quote(log) + `,"seq":` + strconv.FormatUint(seq, 10) + `,"behind":true,"title":"","say":"","f":{}}`)
}

// quote is s as JSON, its < and > as they are: the frame is not put into a
// page, and escaping them would make every tag five times as long.
func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""` // cannot happen: every string has a JSON form
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// next is the message that takes a reader from a version to the present one;
// ok is false if the reader is there. It is made once for all who come from
// the same version.
func (rm *room) next(from uint64) (m message, version uint64, ok bool) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	if rm.state == nil || rm.state.version == from {
		return message{}, from, false
	}
	m, ok = rm.frames[from]
	if !ok {
		raw, _ := rm.state.frame(fromVersion(from))
		m = prepare(raw)
		rm.frames[from] = m
	}
	return m, rm.state.version, true
}
