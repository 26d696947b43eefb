// Command wardbook is the living risk management file for connected health IT.
//
// This file holds what all commands share: the root command, how errors are
// told, and the exit codes. Each command has a file of its own; flags and the
// environment are read here and nowhere else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes. They are part of the command's contract and stand in its help.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitGate   = 3
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole program: tests call it too.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	var told *toldError
	if !errors.As(err, &told) {
		told = &toldError{err: err, code: exitFailed}
		if isUsage(err) {
			told.code, told.hint = exitUsage, "wardbook --help shows the commands and their flags"
		}
	}
	if told.err != nil {
		for i, line := range strings.Split(strings.TrimRight(told.err.Error(), "\n"), "\n") {
			if i == 0 {
				fmt.Fprintf(stderr, "wardbook: error: %s\n", line)
			} else {
				fmt.Fprintf(stderr, "  %s\n", line)
			}
		}
	}
	if told.hint != "" {
		fmt.Fprintf(stderr, "wardbook: hint: %s\n", told.hint)
	}
	return told.code
}

// A toldError is an error with an exit code and a hint what to do.
type toldError struct {
	err  error
	code int
	hint string
}

func (e *toldError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *toldError) Unwrap() error { return e.err }

func usagef(hint, format string, args ...any) error {
	return &toldError{fmt.Errorf(format, args...), exitUsage, hint}
}

func failed(hint string, err error) error { return &toldError{err, exitFailed, hint} }

// isUsage reports whether cobra refused the command line.
func isUsage(err error) bool {
	s := err.Error()
	for _, p := range []string{"unknown flag", "unknown shorthand", "unknown command", "flag needs an argument", "invalid argument", "accepts ", "requires ", "required flag"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "wardbook",
		Short: "The living risk management file for connected health IT",
		Long: `Wardbook finds out which devices on which wards are affected by known
vulnerabilities, what that can mean for patients (safety), for care
(effectiveness) and for security, and what to do first; and it proves how it
knows.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a gate was not met.`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		Version:           version(),
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.AddCommand(newBench())
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.AddCommand(newAssess(), newWhy(), newWhyNot(), newPolicy(), newKeep(), newImport(), newLog(), newVerify(), newExport(), newServe(), newMigrate(), newBackup(), newRestore(), newKey(), newFeeds(), newRisk(), newToken(), newConformity(), newCatalog())
	root.AddCommand(newDemo(), newWork())
	return root
}

// version is the module's version, else the revision that was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel-" + s.Value[:12]
		}
	}
	return "devel"
}
