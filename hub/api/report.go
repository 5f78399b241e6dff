package api

import (
	"bytes"
	"fmt"
	"net/http"

	"upgradehub/hub/report"
	"upgradehub/statuspage"
)

// report sums up an upgrade, at any time.
func (a *API) report(w http.ResponseWriter, r *http.Request) error {
	made, err := a.reported(r)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, made)
}

func (a *API) reported(r *http.Request) (report.Report, error) {
	id := r.PathValue("id")
	sources, err := report.Gather(r.Context(), a.store, id)
	if err != nil {
		return report.Report{}, err
	}
	made, planned := report.Make(id, sources)
	if !planned {
		return made, fmt.Errorf("upgrade %q: %w", id, statuspage.ErrNotFound)
	}
	return made, nil
}

// reportSheet is where the style sheet of the page of a report is: its policy
// allows none within.
const reportSheet = "/static/report.css"

// showReport is the report as a page, in the language of whoever reads it.
func (a *API) showReport(w http.ResponseWriter, r *http.Request) error {
	made, err := a.reported(r)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	code := statuspage.Speak(w, r)
	if err := made.Serve(&page, code, report.Served{Sheet: reportSheet, Back: "/upgrades/" + made.Upgrade}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page.Bytes()) // the reader may be gone
	return nil
}
