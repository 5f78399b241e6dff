package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestLimitsBehindAProxy: behind a proxy everybody has one address, and yet a
// visitor who asks too often is refused alone, and cannot get out of it by
// claiming to be somebody else.
func TestLimitsBehindAProxy(t *testing.T) {
	h := startHub(t, filepath.Join(t.TempDir(), "data"))
	refused := 0
	for i := range 100 {
		if h.look(t, fmt.Sprintf("192.0.2.%d, 198.51.100.7", i)) == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 {
		t.Error("100 looks at personal links at once were all answered")
	}
	if code := h.look(t, "198.51.100.8"); code != http.StatusNotFound {
		t.Errorf("another visitor got %d, want 404 as for every unknown link", code)
	}
}

// look asks for a personal link nobody has, as the proxy does for a visitor.
func (h *hubProcess) look(t *testing.T, forwarded string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.page+"/f/"+strings.Repeat("x", 22), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", forwarded)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}
