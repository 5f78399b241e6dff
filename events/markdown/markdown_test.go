package markdown_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"upgradehub/events/markdown"
)

func TestHTML(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"paragraph", "All *good* **so** far.", "<p>All <em>good</em> <strong>so</strong> far.</p>\n"},
		{"link", "[docs](https://docs.example.org/a?b=1&c=2)", `<p><a href="https://docs.example.org/a?b=1&amp;c=2" rel="nofollow noreferrer noopener" target="_blank">docs</a></p>` + "\n"},
		{"bare link", "see https://docs.example.org", `<p>see <a href="https://docs.example.org" rel="nofollow noreferrer noopener" target="_blank">https://docs.example.org</a></p>` + "\n"},
		{"mail", "[write](mailto:help@example.org)", `<p><a href="mailto:help@example.org" rel="nofollow noreferrer">write</a></p>` + "\n"},
		{"image is dropped", "a ![b](https://example.org/pixel.png) c", "<p>a  c</p>\n"},
		{"list", "- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"},
		{"raw HTML is dropped", "a<script>alert(1)</script>b", "<p>aalert(1)b</p>\n"},
		{"raw block is dropped", "<div onclick=\"alert(1)\">x</div>\n\nafter", "\n<p>after</p>\n"},
		{"relative link is dropped", "[x](/admin)", "<p>x</p>\n"},
		{"script scheme", "[x](javascript:alert(1))", "<p>x</p>\n"},
		{"script scheme by entity", "[x](javascript&colon;alert(1))", "<p>x</p>\n"},
		{"script scheme by numbers", "[x](&#106;avascript&#58;alert(1))", "<p>x</p>\n"},
		{"script scheme, mixed case and tab", "[x](<jAvA\tscript:alert(1)>)", "<p>x</p>\n"},
		{"data scheme", "[x](data:text/html;base64,PHNjcmlwdD4=)", "<p>x</p>\n"},
		{"autolink of a scheme", "<javascript:alert(1)>", "<p>javascript:alert(1)</p>\n"},
		{"reference", "[x][r]\n\n[r]: vbscript:x 'onload=1'", "<p>x</p>\n"},
		{"empty", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(markdown.HTML(tt.src)); got != tt.want {
				t.Errorf("HTML(%q)\n got %q\nwant %q", tt.src, got, tt.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"paragraphs", "One *two*\nthree.\n\nFour & `five`.", "One two\nthree.\n\nFour & five."},
		{"list", "Do:\n\n- a\n- b\n  1. c\n  2. d\n\nEnd", "Do:\n\n- a\n- b\n  1. c\n  2. d\n\nEnd"},
		{"link", "[docs](https://docs.example.org)", "docs (https://docs.example.org)"},
		{"link of itself", "https://docs.example.org", "https://docs.example.org"},
		{"script link", "[x](javascript&colon;alert(1))", "x"},
		{"entities", "a &amp; b &lt;c&gt;", "a & b <c>"},
		{"raw HTML", "a <b>c</b>", "a c"},
		{"image", "a ![b](https://example.org/x.png)", "a"},
		{"code", "```\nx = 1\n```\nafter", "x = 1\nafter"},
		{"heading", "# Head\n\nbody", "Head\n\nbody"},
		{"table", "|a|b|\n|-|-|\n|1|2|", "a | b\n1 | 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := markdown.Text(tt.src); got != tt.want {
				t.Errorf("Text(%q)\n got %q\nwant %q", tt.src, got, tt.want)
			}
		})
	}
}

func TestHTMLNestingIsBounded(t *testing.T) {
	for name, src := range map[string]string{
		"quotes":   strings.Repeat(">", 60_000) + "x",
		"lists":    strings.Repeat("- ", 30_000) + "x",
		"brackets": strings.Repeat("[", 60_000),
		"links":    strings.Repeat("[a](", 15_000),
		"emphasis": strings.Repeat("*a ", 20_000),
		"entities": strings.Repeat("&", 60_000),
		"ticks":    strings.Repeat("` `` ", 12_000),
		"long":     strings.Repeat("long ", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			got := markdown.HTML(src)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("HTML took %s", took)
			}
			if len(got) > 8*(64<<10)+100 {
				t.Errorf("HTML wrote %d bytes", len(got))
			}
			_ = markdown.Text(src)
		})
	}
}

// tag finds the tags of an output, so that words that merely look like an
// attribute in text do not count.
var (
	tag     = regexp.MustCompile(`<[^>]*>`)
	handler = regexp.MustCompile(`(?i)\son[a-z]+\s*=`)
	href    = regexp.MustCompile(`href="([^"]*)"`)
)

func FuzzHTML(f *testing.F) {
	for _, s := range []string{
		"[x](javascript&colon;alert(1))", "<script>x</script>", "<img src=x onerror=alert(1)>", "> - 1. *a* `b`",
		"[a]: <java\nscript:x> (on=1)\n\n[a]", "|a|\n|-|\n|<svg onload=x>|", "~~x~~ https://a.example.org/\"onclick=\"", "&#x6a;avascript:", "\x00[\xff](x)",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		out := string(markdown.HTML(src))
		for _, tg := range tag.FindAllString(out, -1) {
			low := strings.ToLower(html.UnescapeString(tg))
			if strings.HasPrefix(low, "<script") || strings.HasPrefix(low, "<img") || strings.Contains(low, "style=") && !strings.HasPrefix(low, "<a ") {
				t.Fatalf("HTML(%q) has the tag %s", src, tg)
			}
			if handler.MatchString(tg) && !strings.HasPrefix(low, "<a href=") {
				t.Fatalf("HTML(%q) has a handler in %s", src, tg)
			}
			for _, m := range href.FindAllStringSubmatch(tg, -1) {
				to := strings.ToLower(html.UnescapeString(m[1]))
				if !strings.HasPrefix(to, "http://") && !strings.HasPrefix(to, "https://") && !strings.HasPrefix(to, "mailto:") {
					t.Fatalf("HTML(%q) links to %q", src, to)
				}
			}
		}
		_ = markdown.Text(src)
	})
}
