package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/assess"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// assessFlags is the command line of "wardbook assess".
type assessFlags struct {
	inventory, sbom, advisories, vulns, vex                    []string
	kev, epss, policy, answers, columns, since, at, out, cache string
	organization, feeds                                        string
	formats                                                    []string
	gate, noEvidence, quiet, rehash                            bool
	profiles                                                   profiles
}

var assessFormats = []string{"json", "xlsx", "html", "pdf"}

func newAssess() *cobra.Command {
	var f assessFlags
	cmd := &cobra.Command{
		Use:   "assess",
		Short: "Say who is affected, what it can mean and what to do first",
		Long: `assess reads what a hospital has (an inventory, SBOMs, advisories,
vulnerability data, VEX statements), finds the devices that are affected,
proposes risks with three evaluations each under the hospital's policy, and
writes the answer with its proof to a folder.

A PATH is a file, a folder or a zip; gzip, bzip2 and xz are unpacked. What a
file is, is told by its content. Every flag that takes a PATH can be repeated.
Without an inventory each SBOM stands for one product of one device.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 with --gate when an unacceptable
risk is open.`,
		Example: `  wardbook assess --inventory cmms.csv --advisories csaf/ --out answer
  wardbook assess --sbom pump.cdx.json --vulns osv.zip --format json --out answer`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			stop, err := f.profiles.start()
			if err != nil {
				return err
			}
			err = runAssess(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
			return errors.Join(err, stop())
		},
	}
	fs := cmd.Flags()
	fs.StringArrayVar(&f.inventory, "inventory", nil, "inventory `FILE` (CSV, XLSX)")
	fs.StringArrayVar(&f.sbom, "sbom", nil, "SBOM `PATH` (CycloneDX, SPDX)")
	fs.StringArrayVar(&f.advisories, "advisories", nil, "advisory `PATH` (CSAF)")
	fs.StringArrayVar(&f.vulns, "vulns", nil, "vulnerability data `PATH` (OSV, CVE JSON 5, NVD 2.0)")
	fs.StringArrayVar(&f.vex, "vex", nil, "VEX `PATH` (OpenVEX, CycloneDX, CSAF)")
	fs.StringVar(&f.kev, "kev", "", "KEV `FILE` (JSON, CSV)")
	fs.StringVar(&f.epss, "epss", "", "EPSS `FILE` (CSV)")
	fs.StringVar(&f.feeds, "feeds", "", "feed folder `DIR`: its advisories, vulnerability data, KEV and EPSS (see wardbook feeds)")
	fs.StringVar(&f.policy, "policy", "", "policy `FILE` (YAML; default: the built-in one, see wardbook policy show)")
	fs.StringVar(&f.answers, "answers", "", "answers `FILE` (YAML; a template is written to the output folder)")
	fs.StringVar(&f.columns, "columns", "", "columns `FILE` (YAML) that corrects how inventories are read")
	fs.StringVar(&f.since, "since", "", "folder `DIR` of an earlier assessment to compare with")
	fs.StringVar(&f.at, "at", "", "`DATE` that counts as today (YYYY-MM-DD)")
	fs.StringSliceVar(&f.formats, "format", assessFormats, "what to write: json, xlsx, html, pdf")
	fs.StringVar(&f.out, "out", "wardbook-out", "folder `DIR` to write to")
	fs.BoolVar(&f.gate, "gate", false, "exit with 3 when an unacceptable risk is open")
	fs.StringVar(&f.organization, "organization", "", "`NAME` of the organization, for the report")
	fs.BoolVar(&f.noEvidence, "no-evidence", false, "do not keep copies of the inputs in the output folder")
	fs.StringVar(&f.cache, "cache", "", "folder `DIR` of compiled vulnerability data (default: in the user's cache folder)")
	fs.BoolVar(&f.rehash, "rehash", false, "hash every vulnerability file, also one whose size and time did not change")
	fs.BoolVar(&f.quiet, "quiet", false, "no progress and no summary")
	fs.StringVar(&f.profiles.cpu, "cpuprofile", "", "write a profile of the processor time to `FILE`")
	fs.StringVar(&f.profiles.mem, "memprofile", "", "write a profile of the memory to `FILE`")
	for _, name := range []string{"cpuprofile", "memprofile"} {
		fs.Lookup(name).Hidden = true
	}
	return cmd
}

// check finds all faults of the command line.
func (f *assessFlags) check() (at time.Time, err error) {
	var faults wardbook.Problems
	if len(f.inventory)+len(f.sbom) == 0 {
		faults.Add("", "nothing to assess: give --inventory or --sbom")
	}
	for _, x := range f.formats {
		if !slices.Contains(assessFormats, x) {
			faults.Add("--format", "unknown format %q: json, xlsx, html and pdf are known", x)
		}
	}
	at = time.Now().UTC().Truncate(24 * time.Hour)
	if f.at != "" {
		if at, err = time.Parse(time.DateOnly, f.at); err != nil {
			faults.Add("--at", "%q is no date like 2026-11-24", f.at)
		}
	}
	for _, list := range [][]string{f.inventory, f.sbom, f.advisories, f.vulns, f.vex, {f.kev, f.epss, f.policy, f.answers, f.columns, f.since}} {
		for _, p := range list {
			if p == "" {
				continue
			}
			if _, err := os.Stat(p); err != nil {
				faults.Add(p, "%v", unwrapPath(err))
			}
		}
	}
	if err := faults.Err(); err != nil {
		return at, usagef("wardbook assess --help shows the flags", "%w", err)
	}
	return at, nil
}

// paths says where the inputs lie, and where compiled feeds are kept.
func (f *assessFlags) paths() (gather.Paths, error) {
	p := gather.Paths{
		Inventory: f.inventory, SBOM: f.sbom, Advisories: f.advisories, Vulns: f.vulns, VEX: f.vex,
		KEV: f.kev, EPSS: f.epss, Policy: f.policy, Answers: f.answers, Columns: f.columns, Since: f.since,
	}
	if len(f.vulns) == 0 {
		return p, nil
	}
	dir, err := cacheDir(f.cache)
	p.Cache = vulndb.Cache{Dir: dir, AlwaysHash: f.rehash}
	return p, err
}

// cacheDir is where compiled feeds are kept; it is made where it is not there.
func cacheDir(dir string) (string, error) {
	if dir == "" {
		dir = os.Getenv("WARDBOOK_CACHE")
	}
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", failed("give --cache DIR", fmt.Errorf("no cache folder: %w", err))
		}
		dir = filepath.Join(user, "wardbook", "feeds")
	}
	return dir, os.MkdirAll(dir, 0o755)
}

func unwrapPath(err error) error {
	if pe, ok := err.(*os.PathError); ok {
		return pe.Err
	}
	return err
}

func runAssess(ctx context.Context, f assessFlags, stdout, stderr io.Writer) error {
	at, err := f.check()
	if err != nil {
		return err
	}
	if err := f.addFeeds(stderr); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		// One run over data that may be large: a little time for much memory.
		debug.SetGCPercent(50)
	}
	cat, err := catalog.Load()
	if err != nil {
		return err
	}
	progress := newProgress(stderr, f.quiet)
	defer progress.done()
	paths, err := f.paths()
	if err != nil {
		return err
	}
	g, err := gather.Read(ctx, cat, paths, progress.report)
	if err != nil {
		return withHint(err)
	}
	defer g.Close()
	a, err := assess.Run(ctx, g.Inputs("wardbook "+version(), at))
	if err != nil {
		return withHint(err)
	}
	progress.stage("writing")
	files, err := writeAll(f, g, a)
	if err != nil {
		return err
	}
	progress.done()
	if !f.quiet {
		printSummary(stdout, a, g, f.out, files)
	}
	if f.gate && a.Summary.Unacceptable > 0 {
		return &toldError{fmt.Errorf("%d unacceptable %s open", a.Summary.Unacceptable, isAre(a.Summary.Unacceptable)), exitGate,
			"see " + filepath.Join(f.out, "report.html") + ", or wardbook why with the id of a risk"}
	}
	return nil
}

// withHint tells what the one who gave an input can do.
func withHint(err error) error {
	var input *gather.Error
	if errors.As(err, &input) {
		return failed(input.Hint, err)
	}
	return err
}

func isAre(n int) string {
	if n == 1 {
		return "risk is"
	}
	return "risks are"
}

// joinNonEmpty joins the parts that say something.
func joinNonEmpty(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}
