package email

import "bytes"

// form is a mail that many get, with gaps for what is each one's own. To make
// a mail costs more than to hand it over, so this one is made once.
type form struct {
	calendar []byte // of the message it was made of
	standIns []string
	pieces   []piece
}

// piece is some text of a form and the gap behind it, which takes a value from
// begin to end: in the body a line may have to break within one.
type piece struct {
	text       []byte
	gap        int
	begin, end int
}

// toEnd: a gap takes all of the value.
const toEnd = -1

// The gaps of every form; those for the stand-ins of its message follow.
const (
	gapAddress = iota
	gapID
	gapUnsubscribe
	gapBoundary
	gapsOfAll
)

// fill adds the mail with its gaps filled.
func (f *form) fill(b []byte, own []string) []byte {
	for _, p := range f.pieces {
		b = append(b, p.text...)
		switch {
		case p.gap >= len(own): // the last piece has none behind it
		case p.end == toEnd:
			b = append(b, own[p.gap]...)
		default:
			b = append(b, own[p.gap][p.begin:p.end]...)
		}
	}
	return b
}

// softBreak is how quoted-printable breaks a line that does not end.
const softBreak = "=\r\n"

// cut makes the pieces of a mail that was made with these values.
func cut(wire []byte, values []string) []piece {
	var all []piece
	text := 0 // where the next piece begins
	for at := 0; at < len(wire); at++ {
		gap, runs := find(wire[at:], values)
		begin := 0
		for i, n := range runs {
			p := piece{text: wire[text:at], gap: gap, begin: begin, end: begin + n}
			if len(runs) == 1 {
				p.end = toEnd
			}
			all = append(all, p)
			text, begin = at+n, begin+n
			at = text
			if i < len(runs)-1 {
				at += len(softBreak)
			}
		}
		if len(runs) > 0 {
			at-- // the next may begin right here
		}
	}
	return append(all, piece{text: wire[text:], gap: len(values)})
}

// find is which of the values stands at the head of wire, and into how long
// runs it is broken; no runs if there is none.
func find(wire []byte, values []string) (gap int, runs []int) {
	for i, v := range values {
		if runs := broken(wire, v); v != "" && runs != nil {
			return i, runs
		}
	}
	return 0, nil
}

func broken(wire []byte, value string) (runs []int) {
	n := 0
	for i := range len(value) {
		if n > 0 && bytes.HasPrefix(wire, []byte(softBreak)) {
			runs, n, wire = append(runs, n), 0, wire[len(softBreak):]
		}
		if len(wire) == 0 || wire[0] != value[i] {
			return nil
		}
		n, wire = n+1, wire[1:]
	}
	return append(runs, n)
}
