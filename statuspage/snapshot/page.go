package snapshot

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"path"
	"regexp"
	"strings"
	"time"

	"upgradehub/events/upgrade"
)

// taking is one writing of the pages.
type taking struct {
	*Snapshot
	here map[string]string // the files of pages, by path
	at   time.Time
}

// each writes the pages of the upgrades that may look different now.
func (t taking) each(ctx context.Context, all []upgrade.Public) error {
	for _, u := range all {
		now := state{u.Seq, u.SurveyCloses != nil && t.at.Before(*u.SurveyCloses)}
		for _, at := range t.due(u, now) {
			if err := t.page(ctx, at); err != nil {
				return err
			}
		}
		t.pages[u.ID] = now
	}
	return nil
}

// due are the pages of an upgrade that may look different now. Answers change
// no upgrade: while its survey is open, there may be new ones.
func (t taking) due(u upgrade.Public, now state) []string {
	page := "/upgrades/" + u.ID
	if !u.State.Ended() {
		return []string{page}
	}
	switch kept, ok := t.pages[u.ID]; {
	case !ok || kept != now:
		return []string{insightsOf(u), page}
	case now.survey:
		return []string{insightsOf(u)}
	}
	return nil
}

// insightsOf is the path of the page on what people said of an upgrade that
// has ended.
func insightsOf(u upgrade.Public) string { return "/upgrades/" + u.ID + "/insights" }

// page writes a page, after what it loads.
func (t taking) page(ctx context.Context, at string) error {
	raw, err := t.cfg.Source.Get(ctx, at)
	if err != nil {
		return err
	}
	for _, m := range asset.FindAllSubmatch(raw, -1) {
		if err := t.asset(ctx, string(m[1])); err != nil {
			return err
		}
	}
	file := t.here[at]
	fixed, err := t.still(raw, strings.Repeat("../", strings.Count(file, "/")), t.base+at)
	if err != nil {
		return fmt.Errorf("snapshot of %s: %w", at, err)
	}
	return t.put(file, fixed)
}

// asset matches what a page loads: its address is in quotes, which text is
// not, because there they are escaped.
var asset = regexp.MustCompile(`(?:href|src)="(/static/[a-zA-Z0-9._-]+)"`)

// asset writes what pages load, once: the name has a hash of the content.
func (t taking) asset(ctx context.Context, at string) error {
	if t.assets[at] || path.Ext(at) == ".js" {
		return nil
	}
	raw, err := t.cfg.Source.Get(ctx, at)
	if err != nil {
		return err
	}
	if err := t.put(at[1:], raw); err != nil {
		return err
	}
	t.assets[at] = true
	return nil
}

// What only a living page has: the script, and the word on its connection.
var (
	script = regexp.MustCompile(`(?s)<script\b[^>]*>.*?</script>\n?`)
	link   = regexp.MustCompile(`(?s)<p id="link"[^>]*>.*?</p>\n?`)
	target = regexp.MustCompile(`(<[a-z][a-z0-9]*\b[^<>]*?\s(?:href|src|action)=")([/?][^"]*)"`)
)

// age is what a page says of itself; no script is needed for it.
var age = template.Must(template.New("age").Parse(
	`<aside class="snapshot" aria-label="Snapshot"><p><strong>Snapshot taken at <time datetime="{{.UTC}}">{{.Words}}</time>.</strong> ` +
		`This is a copy of what was last known. It does not change by itself. <a href="{{.Live}}">See the live page</a></p></aside>
`))

// still makes a page stand still: without script, with its age, and with
// links that work in a directory. root leads to the top of the directory,
// live to the living page.
func (t taking) still(raw []byte, root, live string) ([]byte, error) {
	raw = link.ReplaceAll(script.ReplaceAll(raw, nil), nil)
	raw = target.ReplaceAllFunc(raw, func(m []byte) []byte {
		part := target.FindSubmatch(m)
		return fmt.Appendf(nil, `%s%s"`, part[1], t.relative(string(part[2]), root, live))
	})
	var b bytes.Buffer
	if err := age.Execute(&b, struct{ UTC, Words, Live string }{
		t.at.UTC().Format(time.RFC3339), t.at.UTC().Format("Mon 2 Jan 2006, 15:04:05 UTC"), live,
	}); err != nil {
		return nil, err
	}
	before, after, found := bytes.Cut(raw, []byte("<main"))
	if !found {
		return nil, fmt.Errorf("the page has no main part")
	}
	return bytes.Join([][]byte{before, b.Bytes(), []byte("<main"), after}, nil), nil
}

// relative is an address of the hub as seen from a page in the directory: a
// file of it, else at the hub. What only asks for the page in another way, such
// as in another language, is asked of the living page.
func (t taking) relative(address, root, live string) string {
	if strings.HasPrefix(address, "?") {
		return template.HTMLEscapeString(live) + address
	}
	at, rest := address, ""
	if i := strings.IndexAny(address, "?#"); i >= 0 {
		at, rest = address[:i], address[i:]
	}
	if file, ok := t.here[at]; ok {
		return root + file + rest
	}
	if t.assets[at] {
		return root + at[1:] + rest
	}
	return template.HTMLEscapeString(t.base) + address // the address stands in HTML already
}
