package statuspage

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"upgradehub/events/theme"
)

//go:embed templates static
var files embed.FS

// assets are the static files under names that contain their hash, so that
// they may be kept for ever.
type assets struct {
	paths map[string]string // app.css -> /static/app-1a2b3c4d.css
	byURL map[string]*body
	build string // of the assets and templates together
}

// loadAssets reads everything at start: a missing file stops the start, not
// a visitor.
func loadAssets(t theme.Theme) (*assets, error) {
	a := &assets{paths: map[string]string{}, byURL: map[string]*body{}}
	all := sha256.New()
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		if name == "static/app.css" {
			raw = themed(raw, t)
		}
		all.Write(raw)
		if path.Dir(name) == "static" {
			a.add(path.Base(name), raw)
		}
		return nil
	})
	if t.Logo != nil {
		all.Write(t.Logo.Data)
		a.add(logoName(t.Logo), t.Logo.Data)
	}
	if err != nil {
		return nil, fmt.Errorf("read assets: %w", err)
	}
	a.build = hex.EncodeToString(all.Sum(nil)[:6])
	return a, nil
}

func (a *assets) add(name string, raw []byte) {
	sum := sha256.Sum256(raw)
	ext := path.Ext(name)
	url := "/static/" + strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:4]) + ext
	a.paths[name] = url
	a.byURL[url] = newBody(raw, contentType(ext))
}

// contentType does not ask the machine's tables, which differ.
func contentType(ext string) string {
	switch ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	}
	return mime.TypeByExtension(ext)
}

// path is the address of a static file, for templates.
func (a *assets) path(name string) (string, error) {
	url, ok := a.paths[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return url, nil
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) error {
	b, ok := a.byURL[r.URL.Path]
	if !ok {
		return ErrNotFound
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	securePicture(w, b.kind)
	b.serve(w, r)
	return nil
}

// parseTemplates parses all templates. Nothing in them can fail but asset.
// parseTemplates parses them for one language: say is a message as text, line
// one with pieces in it.
func parseTemplates(a *assets, s *scribe) (*template.Template, error) {
	words := template.FuncMap{"asset": a.path, "say": s.Say, "words": s.line, "apart": s.Apart}
	t, err := template.New("").Funcs(words).ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	return t, nil
}
