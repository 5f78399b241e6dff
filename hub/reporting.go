package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"upgradehub/events/lang"
	"upgradehub/hub/report"
)

func (p *program) reportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report UPGRADE",
		Short: "Sum up an upgrade: objectives, plan against actual, who was told when",
		Long: `Report sums up an upgrade when it is over, or as of now: one page first, then the
details. It is Markdown unless --html or --json is given; the HTML is one file
that prints on A4. --lang is its language; what people wrote stays as it is, and
JSON reads the same in every language. It holds what is internal, and names no recipient.`,
		Example: "  hub report pg16\n  hub report pg16 --html > pg16.html\n  hub report pg16 --html --lang ar > pg16.html",
		Args:    cobra.ExactArgs(1),
		RunE:    p.report,
	}
	cmd.Flags().Bool("html", false, "print HTML")
	cmd.Flags().Bool("md", false, "print Markdown, the default")
	cmd.Flags().String("lang", lang.English, "the language: "+strings.Join(lang.Supported, ", "))
	return withClient(cmd)
}

func (p *program) report(cmd *cobra.Command, args []string) error {
	asHTML, _ := cmd.Flags().GetBool("html")
	asText, _ := cmd.Flags().GetBool("md")
	if asHTML && asText || wantsJSON(cmd) && (asHTML || asText) {
		return &usageError{errors.New("--html, --md and --json exclude each other")}
	}
	code, _ := cmd.Flags().GetString("lang")
	if !lang.Known(code) {
		return &usageError{fmt.Errorf("--lang %q: the report speaks %s", code, strings.Join(lang.Supported, ", "))}
	}
	c, err := p.client(cmd)
	if err != nil {
		return err
	}
	raw, err := c.get(cmd.Context(), "/api/v1/upgrades/"+url.PathEscape(args[0])+"/report")
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(p.stdout, raw)
	}
	made, err := decode[report.Report](raw)
	if err != nil {
		return err
	}
	if len(made.Lengths) == 0 {
		return errors.New("report: the hub's answer is no report")
	}
	if asHTML {
		return made.HTML(p.stdout, code)
	}
	return made.Markdown(p.stdout, code)
}
