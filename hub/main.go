// Command hub is Upgrade Hub: it takes in what upgrade tooling says, keeps
// it, shows it on live pages and tells everyone who must know.
//
// Without a command it serves, and demo runs a hub of its own. Commands that
// only read files (plan lint, plan rehearse, history, window) need none; all
// others are clients of a running hub. Every command ends with 0 when it is
// done, 1 when something was refused or failed, and 2 when it was called
// wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata"

	"github.com/spf13/cobra"

	"upgradehub/events/clock"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() { os.Exit(mainCode()) }

func mainCode() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks for a clean stop; a second one shall kill.
	context.AfterFunc(ctx, stop)
	return run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
}

// program is what every command needs of the world around it.
type program struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	// serve runs a hub until its context ends; tests put another in place.
	serve func(context.Context, Config, io.Writer, clock.Clock) error
}

// usageError is a mistake in how a command was called.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// errRefused ends a command with exit code 1 whose reasons it has already
// printed.
var errRefused = errors.New("refused")

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr, serve: serve}
	return p.run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) int {
	root := p.rootCommand()
	root.SetArgs(args)
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	return p.exitCode(cmd, err)
}

func (p *program) exitCode(cmd *cobra.Command, err error) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, errRefused) {
		return exitFailed
	}
	fmt.Fprintf(p.stderr, "hub: %v\n", err)
	if _, ok := errors.AsType[*usageError](err); ok {
		fmt.Fprintf(p.stderr, "See '%s --help'.\n", cmd.CommandPath())
		return exitUsage
	}
	return exitFailed
}

func (p *program) rootCommand() *cobra.Command {
	root := p.serveCommand("hub")
	root.Short = "Upgrade Hub: everyone who must know of an upgrade knows, in time"
	root.SilenceUsage, root.SilenceErrors = true, true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.AddCommand(
		p.serveCommand("serve"), p.demoCommand(),
		p.publishCommand(), p.planCommand(), p.audiencesCommand(), p.templatesCommand(), p.replayCommand(),
		p.upgradesCommand(), p.readyCommand(), p.deliveriesCommand(), p.retryCommand(), p.rejectedCommand(),
		p.holdCommand(), p.releaseCommand(), p.feedbackCommand(), p.itemsCommand(), p.personCommand(), p.reportCommand(), p.lessonsCommand(), p.historyCommand(), p.windowCommand(), p.webhookCommand(), p.exportCommand(), p.versionCommand(),
	)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	finish(root)
	return root
}

// finish makes the mistakes cobra finds usage errors, and gives the commands
// it adds the example that every command of ours has.
func finish(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			switch {
			case err == nil:
				return nil
			case cmd.HasSubCommands():
				return &usageError{err}
			}
			return &usageError{fmt.Errorf("%w\nUsage: %s", err, cmd.UseLine())}
		}
	}
	if cmd.Example == "" && cmd.HasParent() {
		cmd.Example = generatedExample(cmd)
	}
	for _, sub := range cmd.Commands() {
		finish(sub)
	}
}

func generatedExample(cmd *cobra.Command) string {
	switch {
	case cmd.Name() == "help":
		return "  hub help publish"
	case cmd.Name() == "completion":
		return "  hub completion bash > /etc/bash_completion.d/hub"
	case cmd.Parent().Name() == "completion":
		return "  hub completion " + cmd.Name() + " > hub-completion"
	}
	return ""
}

// group is a command that only holds others.
func group(cmd *cobra.Command, subs ...*cobra.Command) *cobra.Command {
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return &usageError{fmt.Errorf("%s needs a command", cmd.CommandPath())}
	}
	cmd.AddCommand(subs...)
	return cmd
}
