package forecast

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// mostLines is how many lines a record may have. More are taken for a quote
// that was never closed, which would swallow the rest of a file.
const mostLines = 20

// errOpenQuote is about a record that goes on to the end, or for too long.
var errOpenQuote = errors.New("opens a quote that is not closed")

// records cuts CSV into records. One that is broken costs its first line: what
// comes after is read as if it were not there.
type records struct {
	lines []string
	next  int
	comma rune
}

// newRecords takes lines as any system ends them, and the separator that the
// first line has more of: where a comma parts the decimals, spreadsheets write
// semicolons.
func newRecords(text string) *records {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	r := &records{lines: strings.Split(text, "\n"), comma: ','}
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n")
	if strings.Count(first, ";") > strings.Count(first, ",") {
		r.comma = ';'
	}
	return r
}

// read returns the next record and its first line, from 1. At the end the
// error is io.EOF; after any other it goes on.
func (r *records) read() (record []string, line int, err error) {
	for r.next < len(r.lines) && r.lines[r.next] == "" {
		r.next++
	}
	if r.next == len(r.lines) {
		return nil, r.next, io.EOF
	}
	first := r.next
	r.next++
	n, closed := r.extent(first)
	if !closed {
		return nil, first + 1, errOpenQuote
	}
	in := csv.NewReader(strings.NewReader(strings.Join(r.lines[first:first+n], "\n")))
	in.Comma = r.comma
	record, err = in.Read()
	if bad, ok := errors.AsType[*csv.ParseError](err); ok {
		return nil, first + 1, bad.Err
	}
	if err == nil {
		r.next = first + n
	}
	return record, first + 1, err
}

// extent is how many lines the record has that begins with a line: quotes
// within quotes are doubled, so a record ends where their number is even.
func (r *records) extent(first int) (n int, closed bool) {
	quotes := 0
	for n < mostLines && first+n < len(r.lines) {
		quotes += strings.Count(r.lines[first+n], `"`)
		n++
		if quotes%2 == 0 {
			return n, true
		}
	}
	return n, false
}
