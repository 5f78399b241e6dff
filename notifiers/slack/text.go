package slack

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack/slackutilsx"
)

// fit escapes s for Slack and cuts it to at most limit runes of escaped text.
// A cut falls between characters, never inside an entity, and is marked with
// an ellipsis. Control characters other than tab and newline are left out.
func fit(s string, limit int) string {
	var b strings.Builder
	used, whole := 0, 0
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			continue
		}
		piece := slackutilsx.EscapeMessage(string(r))
		used += utf8.RuneCountInString(piece)
		if used > limit {
			return ellipsis(b.String()[:whole], limit)
		}
		b.WriteString(piece)
		if used < limit {
			whole = b.Len()
		}
	}
	return b.String()
}

func ellipsis(s string, limit int) string {
	if limit < 1 {
		return ""
	}
	return s + "…"
}

// oneLine joins the lines of s, for places where a line break is not allowed.
// A no-break space stays, as French has it before its marks.
func oneLine(s string) string {
	breaks := func(r rune) bool { return unicode.IsSpace(r) && r != '\u00a0' }
	return strings.TrimSpace(strings.Join(strings.FieldsFunc(s, breaks), " "))
}

// webURL reports whether s is an address that a button may open.
func webURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" &&
		utf8.RuneCountInString(s) <= maxURL
}

// linkMarks are what would end a link in mrkdwn early or give it a label.
var linkMarks = strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", " ", "%20", "\n", "", "\r", "", "&", "&amp;")

// link is a bare link in mrkdwn, or nothing if s is not an address.
func link(s string) string {
	if !webURL(s) {
		return ""
	}
	return "<" + linkMarks.Replace(s) + ">"
}
