package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"upgradehub/notifiers/wording"
)

// setTemplates reads the operator's words; a fault in them stops the start and
// not a message.
func setTemplates(c *Config, dir string) error {
	sets, faults := loadTemplates(dir)
	c.Templates, c.Wording = dir, sets
	var errs []error
	for _, f := range faults {
		errs = append(errs, errors.New(f.String()))
	}
	return errors.Join(errs...)
}

// loadTemplates reads a directory of templates; its faults name files as the
// operator finds them.
func loadTemplates(dir string) (wording.Sets, []wording.Fault) {
	sets, faults := wording.Load(os.DirFS(dir))
	for i := range faults {
		faults[i].File = filepath.Join(dir, faults[i].File)
	}
	return sets, faults
}

// templateSet is the set of templates an audience names.
func (f *configFile) templateSet(audience string, e entry) string {
	name := f.text(e)
	if fault := setFault(name, f.templates, f.wording); name != "" && fault != "" {
		f.fault(e.value, "audience %s: templates %s", audience, fault)
	}
	return name
}

// setFault says why there is no set of that name.
func setFault(name, dir string, sets wording.Sets) string {
	if dir == "" {
		return fmt.Sprintf("%q lie in no directory: name it by --templates, HUB_TEMPLATES or templates:", name)
	}
	if _, ok := sets[name]; !ok {
		return fmt.Sprintf("%q are no set in %s, which has %s", name, dir, strings.Join(slices.Sorted(maps.Keys(sets)), ", "))
	}
	return ""
}

func (p *program) templatesCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "templates",
		Short: "Check your own words for messages",
		Long: `Templates checks a directory of templates, with which messages are put into your
own words. It needs no hub; 'hub plan rehearse --templates DIR' shows the messages.`,
		Example: "  hub templates lint words && hub plan rehearse upgrade.yaml --templates words",
	}, p.templatesLintCommand(), p.templatesFieldsCommand())
}

func (p *program) templatesLintCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lint DIR",
		Short: "Check a directory of templates",
		Long: `Lint names every fault of the templates in a directory, one a line, as
file:line:col: message; a hub that is given the directory by --templates refuses
to start with the same.

A directory of DIR is a set, which an audience of hub.yaml or of a plan names by
'templates'; the set default is for those that name none. In it, a template is a
file <message>.<language>.md. A message without one is said in the hub's words.

Refused are unknown names between braces, a lack of what a message must say,
above all of {{promise}} while the work goes on, host names, IP addresses and
ticket numbers before {{impact}}, more than 64 KiB and more than 100 fields.`,
		Example: "  hub templates lint words",
		Args:    cobra.ExactArgs(1),
		RunE:    p.templatesLint,
	}
	cmd.Flags().Bool("json", false, "print JSON")
	return cmd
}

func (p *program) templatesLint(cmd *cobra.Command, args []string) error {
	sets, faults := loadTemplates(args[0])
	switch {
	case wantsJSON(cmd):
		if err := printJSON(p.stdout, append([]wording.Fault{}, faults...)); err != nil {
			return err
		}
	case len(faults) == 0:
		for _, name := range slices.Sorted(maps.Keys(sets)) {
			fmt.Fprintf(p.stdout, "%s: ok, %d templates\n", printable(filepath.Join(args[0], name)), len(sets[name]))
		}
	default:
		for _, f := range faults {
			fmt.Fprintln(p.stdout, printable(f.String()))
		}
	}
	if len(faults) > 0 {
		return errRefused
	}
	return nil
}

func (p *program) templatesFieldsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fields",
		Short: "List what templates may name, and which there are",
		Long: `Fields lists the messages that a template can put into other words, with the
fields that it must name, and all fields. A line of which a field is empty is
left out. A list alone on its line becomes a line for each of its values. What
only insiders may know is empty for users and stakeholders.`,
		Example: "  hub templates fields",
		Args:    cobra.NoArgs,
		RunE:    p.templatesFields,
	}
	cmd.Flags().Bool("json", false, "print JSON")
	return cmd
}

func (p *program) templatesFields(cmd *cobra.Command, _ []string) error {
	if wantsJSON(cmd) {
		return printJSON(p.stdout, struct {
			Messages []wording.Kind  `json:"messages"`
			Fields   []wording.Field `json:"fields"`
		}{wording.Kinds(), wording.Known()})
	}
	var messages, fields [][]string
	for _, k := range wording.Kinds() {
		messages = append(messages, []string{k.Name, k.Is, strings.Join(k.Needs, ", ")})
	}
	for _, f := range wording.Known() {
		fields = append(fields, []string{"{{" + f.Name + "}}", f.Is, fieldKind(f)})
	}
	if err := table(p.stdout, []string{"MESSAGE", "SAYS THAT", "MUST NAME"}, messages); err != nil {
		return err
	}
	fmt.Fprintln(p.stdout)
	return table(p.stdout, []string{"FIELD", "IS", "ALSO"}, fields)
}

func fieldKind(f wording.Field) string {
	var words []string
	if f.List {
		words = append(words, "a list")
	}
	if f.Inside {
		words = append(words, "insiders")
	}
	return strings.Join(words, ", ")
}
