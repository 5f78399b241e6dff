// Package junit reads what a test run reported, as JUnit XML.
//
// The format has no standard, so the package takes what the tools in use
// write, and counts for itself: the totals a report states, and what a case
// says in its attributes, can make the result worse than the elements do, never
// better. Whatever is in doubt counts against the run.
//
// Reading is pure and bounded in size and depth. A report with a document
// type is refused, so there are no entities but the five of XML.
package junit

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// Limits of a report.
const (
	MaxSize  = 1 << 20 // bytes
	maxDepth = 64      // elements within each other
	maxNamed = 5       // failed cases that are named
	maxName  = 120     // characters of a name
)

// Result is how a case ended.
type Result string

// The results, the better first; Absent is that of a case that is not in the
// report.
const (
	Passed  Result = "passed"
	Skipped Result = "skipped"
	Failed  Result = "failed"
	Errored Result = "errored"
	Absent  Result = "absent"
)

var badness = map[Result]int{Passed: 1, Skipped: 2, Failed: 3, Errored: 4}

func worse(a, b Result) Result {
	if badness[b] > badness[a] {
		return b
	}
	return a
}

// said are the words of the attributes status and result that make a case
// worse: some tools report a test that did not run in no other way.
var said = map[string]Result{
	"skip": Skipped, "skipped": Skipped, "ignored": Skipped, "disabled": Skipped, "suppressed": Skipped, "pending": Skipped,
	"notrun": Skipped, "not run": Skipped, "inconclusive": Skipped, "canceled": Skipped, "cancelled": Skipped,
	"fail": Failed, "failed": Failed, "failure": Failed, "error": Errored, "errored": Errored, "broken": Errored,
}

// Report is one test run.
type Report struct {
	// Tests counts all cases, those that were skipped included.
	Tests int
	// Failures, Errors and Skipped count cases; Errors counts suites that
	// broke as a whole too, and a report that states failures and shows none.
	Failures, Errors, Skipped int
	// Failed names the first that failed or broke.
	Failed []string

	results map[string]Result
}

// Ran is how many tests ran, to whatever end.
func (r Report) Ran() int { return r.Tests - r.Skipped }

// Case is the result of the case of that name, or of class and name with a
// point between them; the worst if there are several.
func (r Report) Case(name string) Result {
	if result, ok := r.results[name]; ok {
		return result
	}
	return Absent
}

// Parse reads a report. It is taken for UTF-8 whatever its declaration says:
// it came out of JSON. The error says in a few words what is wrong with it.
func Parse(text string) (Report, error) {
	if len(text) > MaxSize {
		return Report{}, fmt.Errorf("it has more than %d bytes", MaxSize)
	}
	r := reader{dec: xml.NewDecoder(strings.NewReader(text))}
	r.dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for {
		token, err := r.dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = r.take(token)
		}
		if err != nil {
			return Report{}, errors.New(Clip(err.Error()))
		}
	}
	if !r.rooted {
		return Report{}, errors.New("it is empty")
	}
	return r.report(), nil
}

// noCase is the owner of what belongs to no case.
const noCase = -1

// reader reads a report token by token.
type reader struct {
	dec    *xml.Decoder
	rooted bool
	open   []int // the case each open element belongs to
	cases  []testcase
	suite  string   // the one that began last
	broken []string // suites that broke as a whole
	stated string   // the first suite that states failures, as it does
}

type testcase struct {
	class, name string
	result      Result
}

func (r *reader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return errors.New("it has a document type, which is not taken")
	case xml.CharData:
		if len(r.open) == 0 && strings.Trim(string(t), " \t\r\n\ufeff") != "" {
			return errors.New("it has text around its elements")
		}
	case xml.StartElement:
		return r.begin(t)
	case xml.EndElement:
		r.open = r.open[:len(r.open)-1]
	}
	return nil
}

func (r *reader) begin(e xml.StartElement) error {
	name := e.Name.Local
	owner := noCase
	switch depth := len(r.open); {
	case depth == maxDepth:
		return fmt.Errorf("its elements are more than %d deep", maxDepth)
	case depth > 0:
		owner = r.open[depth-1]
	case r.rooted:
		return fmt.Errorf("it goes on with <%s> after its end", name)
	case name != "testsuites" && name != "testsuite":
		return fmt.Errorf("it begins with <%s> and not with <testsuites> or <testsuite>", name)
	}
	r.rooted = true
	switch name {
	case "testsuites", "testsuite":
		owner, r.suite = noCase, attribute(e, "name")
		r.states(e)
	case "testcase":
		owner = r.begun(e)
	case "failure":
		r.mark(owner, Failed)
	case "error":
		r.mark(owner, Errored)
	case "skipped":
		r.mark(owner, Skipped)
	}
	r.open = append(r.open, owner)
	return nil
}

// states notes that a suite counts cases which went wrong.
func (r *reader) states(e xml.StartElement) {
	for _, key := range []string{"failures", "errors"} {
		n, err := strconv.Atoi(strings.TrimSpace(attribute(e, key)))
		if err == nil && n > 0 && r.stated == "" {
			r.stated = fmt.Sprintf("suite %s (it states %d %s and shows none)", attribute(e, "name"), n, key)
		}
	}
}

// begun notes a case and returns its number.
func (r *reader) begun(e xml.StartElement) int {
	c := testcase{class: attribute(e, "classname"), name: attribute(e, "name"), result: Passed}
	for _, key := range []string{"status", "result"} {
		c.result = worse(c.result, said[strings.ToLower(strings.TrimSpace(attribute(e, key)))])
	}
	r.cases = append(r.cases, c)
	return len(r.cases) - 1
}

// mark makes the case worse. A failure outside every case is one of the whole
// suite: its tests could not even begin.
func (r *reader) mark(owner int, result Result) {
	switch {
	case owner != noCase:
		c := &r.cases[owner]
		c.result = worse(c.result, result)
	case result != Skipped:
		r.broken = append(r.broken, "suite "+r.suite)
	}
}

func (r *reader) report() Report {
	rep := Report{Tests: len(r.cases), Errors: len(r.broken), results: map[string]Result{}}
	for _, name := range r.broken {
		rep.failed(name)
	}
	for _, c := range r.cases {
		full := c.name
		if c.class != "" {
			full = c.class + "." + c.name
		}
		for _, name := range []string{c.name, full} {
			rep.results[name] = worse(rep.results[name], c.result)
		}
		rep.count(full, c.result)
	}
	if r.stated != "" && rep.Failures+rep.Errors == 0 {
		rep.Errors++
		rep.failed(r.stated)
	}
	return rep
}

func (r *Report) count(name string, result Result) {
	switch result {
	case Skipped:
		r.Skipped++
	case Failed:
		r.Failures++
		r.failed(name)
	case Errored:
		r.Errors++
		r.failed(name)
	}
}

func (r *Report) failed(name string) {
	if len(r.Failed) < maxNamed {
		r.Failed = append(r.Failed, Clip(name))
	}
}

func attribute(e xml.StartElement, key string) string {
	for _, a := range e.Attr {
		if a.Name.Local == key {
			return a.Value
		}
	}
	return ""
}

// Clip makes a foreign text fit for one line of a list: short and without
// control characters.
func Clip(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if r := []rune(s); len(r) > maxName {
		return string(r[:maxName]) + "…"
	}
	return s
}
