package snapshot_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"upgradehub/statuspage/snapshot"
)

// tree lists the files below dir.
func tree(t testing.TB, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		list = append(list, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func file(t testing.TB, dir, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

var hash = regexp.MustCompile(`-[0-9a-f]{8}\.`)

func TestFiles(t *testing.T) {
	dir, files := write(t, newSite(t, running(), ended()))
	got := tree(t, dir)
	if len(got) != files {
		t.Errorf("Write = %d files, there are %d", files, len(got))
	}
	for i := range got {
		got[i] = hash.ReplaceAllString(got[i], ".")
	}
	want := []string{
		"api/v2/components.json", "api/v2/incidents.json", "api/v2/incidents/unresolved.json", "api/v2/scheduled-maintenances.json",
		"api/v2/scheduled-maintenances/active.json", "api/v2/scheduled-maintenances/upcoming.json", "api/v2/status.json", "api/v2/summary.json",
		"history.html", "index.html", "snapshot.json", "static/app.css", "static/mark.svg", "upgrades.json", "upgrades/os24.html", "upgrades/os24/insights.html", "upgrades/pg16.html",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("files =\n%q\nwant\n%q", got, want)
	}
	for _, name := range tree(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm()&0o044 != 0o044 {
			t.Errorf("%s is %v (%v), want readable for a web server", name, info.Mode(), err)
		}
		if strings.HasSuffix(name, ".json") && !json.Valid([]byte(file(t, dir, name))) {
			t.Errorf("%s is no JSON", name)
		}
	}
}

func TestPagesTellTheirAgeWithoutScript(t *testing.T) {
	dir, _ := write(t, newSite(t, running(), ended()))
	for _, name := range []string{"index.html", "history.html", "upgrades/pg16.html", "upgrades/os24.html", "upgrades/os24/insights.html"} {
		page := file(t, dir, name)
		if n := strings.Count(page, `Snapshot taken at <time datetime="2026-11-22T02:40:00Z">Sun 22 Nov 2026, 02:40:00 UTC</time>`); n != 1 {
			t.Errorf("%s tells its age %d times, want once", name, n)
		}
		if strings.Index(page, "Snapshot taken") > strings.Index(page, "<main") {
			t.Errorf("%s tells its age after what it says", name)
		}
		for _, not := range []string{"<script", `id="link"`, "refresh="} {
			if strings.Contains(page, not) {
				t.Errorf("%s still has %s", name, not)
			}
		}
	}
	var stamp struct {
		TakenAt time.Time `json:"taken_at"`
		Source  string    `json:"source"`
	}
	if err := json.Unmarshal([]byte(file(t, dir, "snapshot.json")), &stamp); err != nil || !stamp.TakenAt.Equal(noon) || stamp.Source != hubURL {
		t.Errorf("snapshot.json = %+v (%v), want noon and the hub", stamp, err)
	}
}

var address = regexp.MustCompile(`<[a-z][^<>]*?\s(?:href|src|action)="([^"]*)"`)

// TestLinksWorkFromAnyDirectory follows every link of every page: it leads to
// a file, or to the hub.
func TestLinksWorkFromAnyDirectory(t *testing.T) {
	dir, _ := write(t, newSite(t, running(), ended()))
	local, hub := 0, 0
	for _, name := range tree(t, dir) {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		for _, m := range address.FindAllStringSubmatch(file(t, dir, name), -1) {
			to, _, _ := strings.Cut(m[1], "#")
			switch {
			case to == "", strings.HasPrefix(to, "https://docs.example.org/"):
			case strings.HasPrefix(to, hubURL+"/"):
				hub++
			default:
				local++
				if _, err := os.Stat(filepath.Join(dir, filepath.Dir(name), to)); err != nil || filepath.IsAbs(to) {
					t.Errorf("%s links to %q: %v", name, m[1], err)
				}
			}
		}
	}
	if local < 10 || hub < 4 {
		t.Errorf("%d links to files and %d to the hub, want more of both", local, hub)
	}
	page := file(t, dir, "upgrades/os24.html")
	for _, want := range []string{`href="../index.html"`, `href="../static/`, `href="` + hubURL + `/upgrades/os24/feedback"`, `href="` + hubURL + `/upgrades/os24"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page in a directory has no %s", want)
		}
	}
	// What people wrote is no link.
	if !strings.Contains(file(t, dir, "upgrades/pg16.html"), "Write href=&#34;/nowhere&#34; and") {
		t.Error("the words of an update were changed")
	}
}

func TestAnswersForProgramsAreTheSame(t *testing.T) {
	s := newSite(t, running())
	dir, _ := write(t, s)
	want, err := snapshot.Handler(s.mux).Get(t.Context(), "/api/v2/summary.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := file(t, dir, "api/v2/summary.json"); got != string(want) {
		t.Errorf("summary.json = %s, want %s", got, want)
	}
}

// TestReadersNeverSeeHalfAFile reads while it is written.
func TestReadersNeverSeeHalfAFile(t *testing.T) {
	s := newSite(t, running())
	dir := t.TempDir()
	shot := open(t, snapshot.Handler(s.mux), dir)
	if _, err := shot.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // ends when all is written
		defer close(done)
		for i := range 60 {
			u := running()
			u.Title = strings.Repeat("long ", 1+i*97%400)
			s.put(u)
			if _, err := shot.Write(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}()
	for reads := 0; ; reads++ {
		if page := file(t, dir, "index.html"); !strings.HasPrefix(page, "<!doctype html>") || !strings.HasSuffix(page, "</html>\n") {
			t.Fatalf("read %d: %d bytes that are no page", reads, len(page))
		}
		if raw := file(t, dir, "api/v2/summary.json"); !json.Valid([]byte(raw)) {
			t.Fatalf("read %d: no JSON: %s", reads, raw)
		}
		select {
		case <-done:
			if reads < 10 {
				t.Errorf("only %d reads", reads)
			}
			return
		default:
		}
	}
}

// TestAFaultLeavesWhatWasThere: the last known state is better than none.
func TestAFaultLeavesWhatWasThere(t *testing.T) {
	s := newSite(t, running())
	source := &counted{Source: snapshot.Handler(s.mux)}
	dir := t.TempDir()
	shot := open(t, source, dir)
	if _, err := shot.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := file(t, dir, "index.html")
	source.fail = "/"
	if _, err := shot.Write(t.Context()); err == nil || !strings.Contains(err.Error(), "GET /: broken") {
		t.Errorf("Write = %v, want what is broken", err)
	}
	if file(t, dir, "index.html") != before {
		t.Error("the page is not what it was")
	}
	for _, name := range tree(t, dir) {
		if strings.Contains(name, ".new-") {
			t.Errorf("%s is left over", name)
		}
	}
}

func TestEndedUpgradesAreWrittenOnce(t *testing.T) {
	s := newSite(t, running(), ended())
	source := &counted{Source: snapshot.Handler(s.mux)}
	shot := open(t, source, t.TempDir())
	for range 3 {
		if _, err := shot.Write(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if ended, live := source.count("/upgrades/os24"), source.count("/upgrades/pg16"); ended != 1 || live != 3 {
		t.Errorf("the ended one was asked for %d times, the other %d; want 1 and 3", ended, live)
	}
	if n := source.count("/upgrades/os24/insights"); n != 3 {
		t.Errorf("what people said was asked for %d times while they may say more, want 3", n)
	}
	s.put(ended())
	if _, err := shot.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := source.count("/upgrades/os24"); n != 2 {
		t.Errorf("after a change it was asked for %d times, want 2", n)
	}
}

// TestRun: changes are put together, quiet times have a beat, and the last
// change is written before the end.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, running())
		source := &counted{Source: snapshot.Handler(s.mux)}
		shot := open(t, source, dir)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- shot.Run(ctx) }() // ends with ctx
		after := func(d time.Duration, want int, what string) {
			t.Helper()
			<-time.After(d)
			synctest.Wait()
			if got := source.count("/"); got != want {
				t.Errorf("%s: written %d times, want %d", what, got, want)
			}
		}
		after(10*time.Millisecond, 1, "at the start")
		for range 100 {
			shot.Changed()
		}
		after(500*time.Millisecond, 1, "within a second")
		after(time.Second, 2, "100 changes in a second")
		after(55*time.Second, 2, "nothing changes")
		after(10*time.Second, 3, "a minute later")
		shot.Changed()
		after(10*time.Millisecond, 4, "a change after quiet")
		shot.Changed()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v, want the end of its context", err)
		}
		if got := source.count("/"); got != 5 {
			t.Errorf("at the end written %d times, want 5", got)
		}
	})
}

// TestRunGoesOnAfterAFault: a hub must not end because a disk is full.
func TestRunGoesOnAfterAFault(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		source := &counted{Source: snapshot.Handler(newSite(t, running()).mux), fail: "/history"}
		shot := open(t, source, dir)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- shot.Run(ctx) }() // ends with ctx
		<-time.After(time.Second / 2)
		synctest.Wait()
		source.mu.Lock()
		source.fail = ""
		source.mu.Unlock()
		<-time.After(2 * time.Minute)
		synctest.Wait()
		cancel()
		<-ended
		if source.count("/") == 0 {
			t.Error("never written again after a fault")
		}
	})
}

// foreign is a hub that means harm.
type foreign map[string]string

func (f foreign) Get(_ context.Context, path string) ([]byte, error) {
	if body, ok := f[path]; ok {
		return []byte(body), nil
	}
	return []byte(`<html><main></main></html>`), nil
}

func TestForeignNamesStayInTheDirectory(t *testing.T) {
	for name, source := range map[string]foreign{
		"id":      {"/api/v2/status.json": `{"page":{"url":"https://x.example.org"}}`, "/api/v1/upgrades": `[{"id":"../../evil"}]`},
		"address": {"/api/v2/status.json": `{"page":{"url":"javascript:alert(1)"}}`, "/api/v1/upgrades": `[]`},
		"no list": {"/api/v2/status.json": `{"page":{"url":"https://x.example.org"}}`, "/api/v1/upgrades": `{}`},
		"no page": {"/api/v2/status.json": `{"page":{"url":"https://x.example.org"}}`, "/api/v1/upgrades": `[]`, "/history": "nothing"},
		"no json": {"/api/v2/status.json": `<html>`},
	} {
		t.Run(name, func(t *testing.T) {
			above := t.TempDir()
			if _, err := open(t, source, filepath.Join(above, "a", "b")).Write(t.Context()); err == nil {
				t.Error("Write took it")
			}
			for _, name := range tree(t, above) {
				if !strings.HasPrefix(name, "a/b/") {
					t.Errorf("%s was written", name)
				}
			}
		})
	}
}

func TestDirectoryThatCannotBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.New(snapshot.Config{Dir: path}); err == nil {
		t.Error("New took a file for a directory")
	}
}

func TestEmptyHub(t *testing.T) {
	dir, _ := write(t, newSite(t))
	if page := file(t, dir, "index.html"); !strings.Contains(page, "Nothing going on.") || file(t, dir, "upgrades.json") != "[]\n" {
		t.Errorf("an empty hub is written as %s", page)
	}
}
