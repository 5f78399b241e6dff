package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set when a release is built: -ldflags "-X main.version=1.2.0".
var version = ""

// programVersion is the release, or the commit of a build without one.
func programVersion() string {
	if version != "" {
		return version
	}
	if commit := buildSetting("vcs.revision"); len(commit) >= 12 {
		return "dev-" + commit[:12]
	}
	return "dev"
}

func buildSetting(key string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

func (p *program) versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this program",
		Long:    "Version prints the version of this program and of the Go release it was built with.",
		Example: "  hub version\n  hub version --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if wantsJSON(cmd) {
				return printJSON(p.stdout, map[string]string{
					"version": programVersion(), "commit": buildSetting("vcs.revision"), "go": runtime.Version(),
				})
			}
			fmt.Fprintf(p.stdout, "hub %s (%s %s/%s)\n", programVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
	cmd.Flags().Bool("json", false, "print JSON")
	return cmd
}
