package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"upgradehub/events/plan"
	"upgradehub/hub/api"
	"upgradehub/hub/lessons"
	"upgradehub/hub/store"
)

const lessonsUsage = "`file` with lessons that hub lessons --json saved"

// learnt asks whether plans do as accepted lessons ask: those of a file, else
// of a hub if one is named; without either it asks nothing.
func (p *program) learnt(cmd *cobra.Command) (planCheck, error) {
	rows, err := p.lessonsFor(cmd)
	if err != nil || rows == nil {
		return func(*plan.Plan) ([]plan.Problem, error) { return nil, nil }, err
	}
	return func(pl *plan.Plan) ([]plan.Problem, error) {
		found, err := rows(pl.System)
		return lessons.Problems(found, pl), err
	}, nil
}

// namesHub reports whether somebody said which hub to ask.
func (p *program) namesHub(cmd *cobra.Command) bool {
	return cmd.Flags().Lookup("http").Changed || p.getenv("HUB_HTTP") != ""
}

// lessonsFor is where the accepted lessons of a system come from; nil if neither
// a file nor a hub is named.
func (p *program) lessonsFor(cmd *cobra.Command) (func(system string) ([]store.LessonRow, error), error) {
	if file, _ := cmd.Flags().GetString("lessons"); file != "" {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("lessons: %w", err)
		}
		var saved api.Lessons
		if err := json.Unmarshal(raw, &saved); err != nil {
			return nil, fmt.Errorf("lessons %s: is not what hub lessons --json saves: %w", file, err)
		}
		return func(string) ([]store.LessonRow, error) { return saved.Lessons, nil }, nil
	}
	if !p.namesHub(cmd) {
		return nil, nil
	}
	c, err := p.client(cmd)
	if err != nil {
		return nil, err
	}
	return func(system string) ([]store.LessonRow, error) { return acceptedLessons(cmd, c, system) }, nil
}

// acceptedLessons asks the hub for those that bind plans of a system.
func acceptedLessons(cmd *cobra.Command, c *client, system string) ([]store.LessonRow, error) {
	asked := url.Values{"system": {system}, "status": {store.LessonAccepted}}
	raw, err := c.get(cmd.Context(), "/api/v1/lessons?"+asked.Encode())
	if err != nil {
		return nil, err
	}
	found, err := decode[api.Lessons](raw)
	return found.Lessons, err
}

// learntFrom is the same for whoever publishes to a hub. With --force what is
// not learnt is advice; a publisher's token does not read lessons.
func (p *program) learntFrom(cmd *cobra.Command, c *client) planCheck {
	force, _ := cmd.Flags().GetBool("force")
	return func(pl *plan.Plan) ([]plan.Problem, error) {
		rows, err := acceptedLessons(cmd, c, pl.System)
		refused, ok := errors.AsType[*problemError](err)
		switch {
		case ok && refused.Status == http.StatusNotFound: // a hub that knows no lessons
			return nil, nil
		case ok && (refused.Status == http.StatusUnauthorized || refused.Status == http.StatusForbidden):
			return []plan.Problem{{Path: "lessons", Message: "is not checked: that needs the operator's token", Advice: true}}, nil
		case err != nil:
			return nil, err
		}
		found := lessons.Problems(rows, pl)
		for i := range found {
			found[i].Advice = found[i].Advice || force
		}
		return found, nil
	}
}

func (p *program) planPatchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "patch FILE",
		Short: "Write accepted lessons into a plan file",
		Long: `Patch writes what accepted lessons ask for and the plan does not have into the
plan, and prints it. Comments and layout stay; what follows in time moves along.
Without --lesson it writes all that bind the plan and that it does not waive. It
ends with 1 and the reason if something has to be written by hand.`,
		Example: "  hub plan patch upgrade.yaml --lesson 1faf74d047e7\n  hub plan patch -w upgrade.yaml",
		Args:    cobra.ExactArgs(1),
		RunE:    p.planPatch,
	}
	cmd.Flags().StringSlice("lesson", nil, "the `id` of a lesson, accepted or not; may be repeated")
	cmd.Flags().BoolP("write", "w", false, "write the file instead of printing it")
	cmd.Flags().String("lessons", "", lessonsUsage)
	withClient(cmd)
	return cmd
}

func (p *program) planPatch(cmd *cobra.Command, args []string) error {
	text, found, err := lintFile(args[0])
	if err != nil {
		return err
	}
	if countFaults(found) > 0 {
		p.printFindings(found)
		return errRefused
	}
	parsed, _ := plan.Parse(text)
	rows, err := p.toWrite(cmd, parsed)
	if err != nil {
		return err
	}
	for _, row := range rows {
		before := string(text)
		if text, err = plan.Patch(text, row.Requirement); err != nil {
			return fmt.Errorf("%s: lesson %s: %w", args[0], row.ID, err)
		}
		state := "written"
		if string(text) == before {
			state = "it has that"
		}
		fmt.Fprintf(p.stderr, "%s: %s: %s\n", row.ID, printable(row.Text), state)
	}
	if write, _ := cmd.Flags().GetBool("write"); !write {
		_, err = p.stdout.Write(text)
		return err
	}
	info, err := os.Stat(args[0])
	if err == nil {
		err = os.WriteFile(args[0], text, info.Mode().Perm())
	}
	return err
}

// toWrite are the lessons that are named, else those that bind the plan.
func (p *program) toWrite(cmd *cobra.Command, parsed *plan.Plan) ([]store.LessonRow, error) {
	all, err := p.everyLesson(cmd)
	if err != nil {
		return nil, err
	}
	named, _ := cmd.Flags().GetStringSlice("lesson")
	if len(named) == 0 {
		return lessons.Open(all, parsed), nil
	}
	var rows []store.LessonRow
	for _, id := range named {
		i := slices.IndexFunc(all, func(row store.LessonRow) bool { return row.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("no lesson has the id %q; list them with hub lessons", id)
		}
		rows = append(rows, all[i])
	}
	return rows, nil
}

// everyLesson are those of the file, else those of the hub.
func (p *program) everyLesson(cmd *cobra.Command) ([]store.LessonRow, error) {
	if file, _ := cmd.Flags().GetString("lessons"); file != "" {
		saved, err := p.lessonsFor(cmd)
		if err != nil {
			return nil, err
		}
		return saved("")
	}
	c, err := p.client(cmd)
	if err != nil {
		return nil, err
	}
	raw, err := c.get(cmd.Context(), "/api/v1/lessons")
	if err != nil {
		return nil, err
	}
	found, err := decode[api.Lessons](raw)
	return found.Lessons, err
}
