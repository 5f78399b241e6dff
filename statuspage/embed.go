package statuspage

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// embedPath is the one page that other sites may frame.
const embedPath = "/embed"

// framed is the policy of a page that anybody may frame. It keeps all else:
// there is no form in it and no cookie, so a frame has nothing to trick a
// visitor into.
var framed = strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors *", 1)

// embed is a page for <iframe>: the one sentence and what is under way, live,
// with links that leave the frame.
func (p *Pages) embed(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Content-Security-Policy", framed)
	h.Del("X-Frame-Options") // it knows no "everybody"
	code := Language(r)      // and no cookie that keeps it: nobody chose to come here
	b, err := p.body(r.Context(), embedPath, code)
	if err != nil {
		return err
	}
	inLanguage(w, code)
	h.Set("Cache-Control", "no-cache")
	b.serve(w, r)
	return nil
}

// embedded is the overview without what is to come and what is over.
func (s *scribe) embedded(ctx context.Context) (view, error) {
	v, err := s.overview(ctx)
	v.main.parts = slices.DeleteFunc(v.main.parts, func(one part) bool { return one.id != "summary" && one.id != "now-list" })
	return v, err
}

// layoutOf is the template around a page.
func layoutOf(path string) string {
	if path == embedPath {
		return "embed"
	}
	return "layout"
}
