package usage

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// The bounds of what is read. More is a mistake, and answers would not change.
const (
	maxBytes  = 4 << 30                   // of one file
	maxLine   = 64 << 10                  // of a line; longer ones are skipped
	maxRows   = 5_000_000                 // of one table
	longest   = 10 * 366 * 24 * time.Hour // from the first to the last
	maxStep   = 6 * time.Hour             // coarser samples say nothing of an hour
	maxNamed  = 1000                      // skipped rows that are kept by name
	sniffing  = 64 << 10                  // how much tells the form
	formTable = "table"                   // CSV
	formQuery = "Prometheus answer"       // query_range JSON
	formLog   = "access log"              // combined or common
)

// Values says what the numbers of samples mean.
type Values string

// What samples may be. Empty is counts in tables and levels in answers of
// Prometheus.
const (
	Counts Values = "counts" // of a step; an hour is their sum
	Levels Values = "levels" // at a moment; an hour is their mean
)

// Known reports whether v is one of them, or empty.
func (v Values) Known() bool { return v == "" || v == Counts || v == Levels }

// Config tunes a [Reader]. Zone is required, the rest works when it is zero.
type Config struct {
	Zone   *time.Location // whose clocks count, and which local times mean
	Values Values
	// Distinct counts the addresses in an access log, once per hour, instead
	// of its lines.
	Distinct bool
}

// Reader gathers usage from files and makes a series of it. What it cannot use
// it passes over and names; it keeps no address.
type Reader struct {
	cfg     Config
	halves  halves
	log     visits
	samples map[int64]bool // the moments that were read, in Unix seconds
	skipped []Skipped
	more    int
	form    string
}

// NewReader makes a reader that has read nothing.
func NewReader(cfg Config) *Reader {
	return &Reader{cfg: cfg, samples: map[int64]bool{}, log: newVisits(cfg.Distinct)}
}

// Add reads one file: a CSV table of time and value, the answer of
// Prometheus to query_range, or an access log in combined format. Which one
// it is shows in its beginning. The name is for those who read what was
// skipped. Tables and answers of many files are put side by side, access logs
// are added up; kinds do not mix.
func (r *Reader) Add(name string, src io.Reader) error {
	in := bufio.NewReaderSize(io.LimitReader(src, maxBytes), sniffing)
	start, err := in.Peek(sniffing)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("usage %s: %w", name, err)
	}
	form := formOf(start)
	if err := r.mix(form); err != nil {
		return fmt.Errorf("usage %s: %w", name, err)
	}
	switch form {
	case formQuery:
		err = r.addQuery(name, in)
	case formLog:
		err = r.addLog(name, in)
	default:
		err = r.addTable(name, in)
	}
	if err != nil {
		return fmt.Errorf("usage %s: %w", name, err)
	}
	return nil
}

func (r *Reader) mix(form string) error {
	if r.form != "" && form != r.form {
		return fmt.Errorf("is a different kind of file than those before it (%s, %s): give one kind", form, r.form)
	}
	r.form = form
	return nil
}

// Skipped names what was passed over, at most a thousand rows by name.
func (r *Reader) Skipped() []Skipped {
	if r.more == 0 {
		return r.skipped
	}
	return append(slices.Clip(r.skipped), Skipped{"others", fmt.Sprintf("%d more were skipped", r.more)})
}

func (r *Reader) skip(name string, line int, why string) {
	if len(r.skipped) >= maxNamed {
		r.more++
		return
	}
	what := name
	if line > 0 {
		what = fmt.Sprintf("%s:%d", name, line)
	}
	r.skipped = append(r.skipped, Skipped{what, why})
}

// Series is what was read, in half hours, or in hours if the samples are of
// more than half an hour or people are told apart by their addresses.
func (r *Reader) Series() (Series, error) {
	gather := r.halves.series
	if r.form == formLog {
		gather = r.log.series
	}
	s, err := gather(r.cfg.Zone)
	s.Unit = r.unit()
	return s, err
}

// unit says what the sum of some hours counts.
func (r *Reader) unit() string {
	switch {
	case r.form == formLog && !r.cfg.Distinct:
		return "requests"
	case r.cfg.Values == Levels, r.form == formQuery && r.cfg.Values == "":
		return "person-hours"
	}
	return "people"
}

// formOf tells the form of a file by its beginning.
func formOf(start []byte) string {
	text := trimStart(string(start))
	if text != "" && text[0] == '{' {
		return formQuery
	}
	for range 10 { // a log may begin with lines of other kinds
		line, rest, _ := strings.Cut(text, "\n")
		if _, ok := parseVisit(line); ok {
			return formLog
		}
		text = rest
	}
	return formTable
}
