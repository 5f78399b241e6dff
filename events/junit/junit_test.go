package junit_test

import (
	"slices"
	"strings"
	"testing"

	"upgradehub/events/junit"
)

func TestCounts(t *testing.T) {
	tests := []struct {
		name, doc                               string
		tests, ran, failures, errors, skippedNo int
		failed                                  []string
	}{
		{"empty suites", `<testsuites/>`, 0, 0, 0, 0, 0, nil},
		{"one suite", `<?xml version="1.0"?><testsuite name="s"><testcase name="a"/><testcase name="b"></testcase></testsuite>`, 2, 2, 0, 0, 0, nil},
		{"every result", `<testsuites><testsuite><testcase name="a"/><testcase classname="k" name="b"><failure message="m">at x</failure></testcase>
			<testcase name="c"><error/></testcase><testcase name="d"><skipped/></testcase></testsuite></testsuites>`, 4, 3, 1, 1, 1, []string{"k.b", "c"}},
		{"stated totals are not believed", `<testsuite tests="40" failures="0" errors="0"><testcase name="a"><failure/></testcase></testsuite>`, 1, 1, 1, 0, 0, []string{"a"}},
		{"stated failures that no case shows", `<testsuites><testsuite name="s" tests="2" failures=" 2 "><testcase name="a"/></testsuite></testsuites>`, 1, 1, 0, 1, 0, []string{"suite s (it states 2 failures and shows none)"}},
		{"stated failures that a case shows", `<testsuites failures="2"><testsuite><testcase name="a"><failure/></testcase></testsuite></testsuites>`, 1, 1, 1, 0, 0, []string{"a"}},
		{"worst of several", `<testsuite><testcase name="a"><skipped/><failure/><error/></testcase></testsuite>`, 1, 1, 0, 1, 0, []string{"a"}},
		{"a suite that broke", `<testsuites><testsuite name="db"><error message="no database"/></testsuite></testsuites>`, 0, 0, 0, 1, 0, []string{"suite db"}},
		{"suites in suites", `<testsuites><testsuite><testsuite><testcase name="a"/></testsuite><testcase name="b"/></testsuite></testsuites>`, 2, 2, 0, 0, 0, nil},
		{"did not run by its status", `<testsuite><testcase name="a" status="notrun" result="suppressed"/><testcase name="b" status="run" result="completed"/></testsuite>`, 2, 1, 0, 0, 1, nil},
		{"failed by its status", `<testsuite><testcase name="a" status="fail"/></testsuite>`, 1, 1, 1, 0, 0, []string{"a"}},
		{"passed by its status and failed", `<testsuite><testcase name="a" status="passed"><failure/></testcase></testsuite>`, 1, 1, 1, 0, 0, []string{"a"}},
		{"flaky passed in the end", `<testsuite><testcase name="a"><flakyFailure/><system-out>x</system-out></testcase></testsuite>`, 1, 1, 0, 0, 0, nil},
		{"failure further in", `<testsuite><testcase name="a"><details><failure/></details></testcase></testsuite>`, 1, 1, 1, 0, 0, []string{"a"}},
		{"failure after the case", `<testsuite name="s"><testcase name="a"/><failure/></testsuite>`, 1, 1, 0, 1, 0, []string{"suite s"}},
		{"a comment is no case", `<testsuite><!-- <testcase name="a"/> --><system-out><![CDATA[<testcase name="b"/>]]></system-out></testsuite>`, 0, 0, 0, 0, 0, nil},
		{"other encoding declared", "\ufeff" + `<?xml version="1.0" encoding="utf-16"?><testsuite><testcase name="ä"/></testsuite>`, 1, 1, 0, 0, 0, nil},
		{"name spaces", `<j:testsuite xmlns:j="urn:j"><j:testcase name="a"><j:failure/></j:testcase></j:testsuite>`, 1, 1, 1, 0, 0, []string{"a"}},
		{"names are cleaned", `<testsuite><testcase name="a&#10;b&#x202e;c"><failure/></testcase></testsuite>`, 1, 1, 1, 0, 0, []string{"a b c"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := junit.Parse(tt.doc)
			if err != nil {
				t.Fatal(err)
			}
			got := []int{r.Tests, r.Ran(), r.Failures, r.Errors, r.Skipped}
			if want := []int{tt.tests, tt.ran, tt.failures, tt.errors, tt.skippedNo}; !slices.Equal(got, want) {
				t.Errorf("tests, ran, failures, errors, skipped = %v, want %v", got, want)
			}
			if !slices.Equal(r.Failed, tt.failed) {
				t.Errorf("failed = %q, want %q", r.Failed, tt.failed)
			}
		})
	}
}

func TestCase(t *testing.T) {
	r, err := junit.Parse(`<testsuites><testsuite><testcase classname="shop.Login" name="ok"/><testcase classname="shop.Pay" name="ok"><failure/></testcase>
		<testcase name="later"><skipped/></testcase><testcase name="twice"/><testcase name="twice"><skipped/></testcase></testsuite></testsuites>`)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]junit.Result{
		"shop.Login.ok": junit.Passed, "shop.Pay.ok": junit.Failed, "ok": junit.Failed, "later": junit.Skipped,
		"twice": junit.Skipped, "never": junit.Absent, "": junit.Absent,
	} {
		if got := r.Case(name); got != want {
			t.Errorf("Case(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestMalformed(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"nothing", "", "empty"},
		{"blanks", " \n", "empty"},
		{"not XML", "all tests passed", "text around"},
		{"JSON", `{"tests":3}`, "text around"},
		{"cut off", `<testsuite><testcase name="a"/>`, "unexpected EOF"},
		{"crossed", `<testsuite><testcase></testsuite></testcase>`, "syntax error"},
		{"another format", `<test-run><test-case/></test-run>`, "begins with <test-run>"},
		{"a page", `<html><body>502</body></html>`, "begins with <html>"},
		{"two reports", `<testsuite/><testsuite/>`, "after its end"},
		{"text after", `<testsuite/>done`, "text around"},
		{"document type", `<!DOCTYPE testsuite><testsuite/>`, "document type"},
		{"entities", `<!DOCTYPE t [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&c;"/></testsuite>`, "document type"},
		{"document type inside", `<testsuite><!DOCTYPE t></testsuite>`, "document type"},
		{"unknown entity", `<testsuite><testcase name="&lol;"/></testsuite>`, "entity"},
		{"not UTF-8", "<testsuite><testcase name=\"\xff\"/></testsuite>", "UTF-8"},
		{"too deep", strings.Repeat("<testsuite>", 100) + strings.Repeat("</testsuite>", 100), "deep"},
		{"too long", "<testsuite>" + strings.Repeat(" ", junit.MaxSize) + "</testsuite>", "bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := junit.Parse(tt.doc)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse = %+v, error %v, want one with %q", r, err, tt.want)
			}
		})
	}
}

func TestManyFailuresAreNamedInPart(t *testing.T) {
	one := `<testcase name="` + strings.Repeat("n", 500) + `"><failure/></testcase>`
	r, err := junit.Parse("<testsuite>" + strings.Repeat(one, 100) + "</testsuite>")
	if err != nil {
		t.Fatal(err)
	}
	if r.Failures != 100 || len(r.Failed) != 5 || len([]rune(r.Failed[0])) > 121 {
		t.Errorf("%d failures, %d named %q, want 100 and 5 short names", r.Failures, len(r.Failed), r.Failed)
	}
}

// FuzzParse: whatever comes, the numbers fit together, and one more failed
// case in front of the last tag is counted unless it stands in a comment.
func FuzzParse(f *testing.F) {
	f.Add(`<testsuites><testsuite name="s"><testcase classname="c" name="n"><failure/></testcase></testsuite></testsuites>`)
	f.Add(`<?xml version="1.0" encoding="x"?><testsuite><testcase name="a" status="notrun"/><error/></testsuite>`)
	f.Add(`<!DOCTYPE a [<!ENTITY b "c">]><testsuite>&b;</testsuite>`)
	f.Add(`<testsuite><system-out><![CDATA[]]></system-out></testsuite><!-- end -->`)
	f.Fuzz(func(t *testing.T, doc string) {
		r, err := junit.Parse(doc)
		if err != nil {
			if s := err.Error(); s == "" || strings.ContainsAny(s, "\n\x00") || len([]rune(s)) > 121 {
				t.Errorf("error %q is no short line", s)
			}
			return
		}
		if r.Failures < 0 || r.Skipped < 0 || r.Ran() < r.Failures || len(r.Failed) > min(5, r.Failures+r.Errors) {
			t.Errorf("counts do not fit: %+v", r)
		}
		at := strings.LastIndex(doc, "</testsuite")
		if at < 0 || len(doc) > junit.MaxSize/2 {
			return
		}
		more, err := junit.Parse(doc[:at] + `<testcase name="one more"><failure/></testcase>` + doc[at:])
		if err == nil && more.Failures != r.Failures+1 && more.Failures != r.Failures {
			t.Errorf("%d failures became %d by one more", r.Failures, more.Failures)
		}
	})
}
