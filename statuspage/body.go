package statuspage

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
)

// body is an answer that is made and compressed once and served many times.
type body struct {
	raw, gz     []byte
	kind        string
	etag, gzTag string
}

func newBody(raw []byte, kind string) *body {
	sum := sha256.Sum256(raw)
	tag := hex.EncodeToString(sum[:8])
	return &body{raw: raw, gz: compress(raw), kind: kind, etag: `"` + tag + `"`, gzTag: `"` + tag + `-gz"`}
}

// compress is raw in gzip; writing to memory does not fail.
func compress(raw []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(raw); err != nil {
		return nil
	}
	if err := w.Close(); err != nil {
		return nil
	}
	return b.Bytes()
}

// serve answers with the body, or with 304 to one who has it. Cache-Control
// is the caller's.
func (b *body) serve(w http.ResponseWriter, r *http.Request) {
	h, data, tag := w.Header(), b.raw, b.etag
	h.Add("Vary", "Accept-Encoding")
	if b.gz != nil && len(b.gz) < len(b.raw) && takesGzip(r) {
		data, tag = b.gz, b.gzTag
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	if has(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", b.kind)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(data) // the reader may be gone
	}
}

// takesGzip reports whether the request accepts gzip and does not weigh it 0.
func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q := strings.TrimSpace(strings.ReplaceAll(weight, " ", ""))
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// has reports whether an If-None-Match names the tag.
func has(list, tag string) bool {
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part == "*" || strings.TrimPrefix(part, "W/") == tag {
			return true
		}
	}
	return false
}
