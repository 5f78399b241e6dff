package main

import "github.com/spf13/cobra"

// isPartial: the settings that decide what messages say and where they point.
func isPartial(s setting) bool { return s.name == "public-url" || s.name == "templates" }

// partialConfig reads what commands need that try messages without a hub: its
// secrets are not on everybody's machine.
func (p *program) partialConfig(cmd *cobra.Command) (Config, error) {
	src, faults := readSources(givenFlags(cmd), p.getenv)
	var c Config
	c.take(src, faults, isPartial)
	if src.file != nil {
		src.file.lists(&c, faults)
	}
	return c, faults.err()
}
