package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook/internal/feed"
)

// feedsFlags say where the feed folder is.
type feedsFlags struct{ dir string }

func newFeeds() *cobra.Command {
	var f feedsFlags
	cmd := &cobra.Command{
		Use:   "feeds",
		Short: "Fetch advisories and vulnerability data, or carry them to where there is no internet",
		Long: `A feed folder holds advisories and vulnerability data as they came, and where
they came from: CSAF by provider metadata, ROLIE or directory, OSV, KEV, EPSS,
NVD and the CVE list.

  wardbook feeds add kev
  wardbook feeds add csaf-provider https://vendor.example/.well-known/csaf/provider-metadata.json
  wardbook feeds add osv --ecosystem Debian --ecosystem PyPI
  wardbook feeds fetch
  wardbook feeds status
  wardbook assess --inventory cmms.csv --feeds DIR

The folder's feeds.yaml lists the sources and says how the network is reached.
Without --feeds it is WARDBOOK_FEEDS, else a folder of the user's data.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&f.dir, "feeds", defaultFeeds(), "`DIR` of the feed folder")
	cmd.AddCommand(newFeedsList(&f), newFeedsAdd(&f), newFeedsRemove(&f), newFeedsFetch(&f), newFeedsStatus(&f), newFeedsBundle(&f), newFeedsLoad(&f))
	return cmd
}

// defaultFeeds is WARDBOOK_FEEDS, else a folder of the user's data.
func defaultFeeds() string {
	if dir := os.Getenv("WARDBOOK_FEEDS"); dir != "" {
		return dir
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		if dir, err := os.UserConfigDir(); err == nil {
			return filepath.Join(dir, "wardbook", "feeds")
		}
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "wardbook", "feeds")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "wardbook", "feeds")
	}
	return "wardbook-feeds"
}

func (f *feedsFlags) open() (*feed.Folder, error) { return openFeeds(f.dir) }

func openFeeds(dir string) (*feed.Folder, error) {
	return feed.Open(dir, feed.Options{
		Program: "wardbook/" + version(),
		Proxy:   either("HTTPS_PROXY", "https_proxy"),
		NoProxy: either("NO_PROXY", "no_proxy"),
	})
}

func either(names ...string) string {
	for _, n := range names {
		if v := os.Getenv(n); v != "" {
			return v
		}
	}
	return ""
}

func newFeedsList(f *feedsFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the sources",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, err := f.open()
			if err != nil {
				return err
			}
			sources, err := folder.Sources()
			if err != nil {
				return err
			}
			if len(sources) == 0 {
				fmt.Fprintf(cmd.OutOrStdout(), "No sources in %s: wardbook feeds add KIND [URL] adds one.\n", folder.Dir())
				return nil
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, s := range sources {
				fmt.Fprintf(w, "%s\t%s\t%s\n", s.ID, s.Kind, sourceText(s))
			}
			return w.Flush()
		},
	}
}

func sourceText(s feed.Source) string {
	if len(s.Ecosystems) > 0 {
		return s.Address() + " (" + strings.Join(s.Ecosystems, ", ") + ")"
	}
	return s.Address()
}

func newFeedsAdd(f *feedsFlags) *cobra.Command {
	var s feed.Source
	cmd := &cobra.Command{
		Use:   "add KIND [URL]",
		Short: "Add a source",
		Long: `Kinds: csaf-provider (URL of a provider-metadata.json, or a domain), csaf-rolie
(URL of a feed), csaf-directory (URL of a folder with changes.csv or index.txt),
osv (with --ecosystem), kev, epss, nvd, cvelist. The last five have a public
address; give a URL for a mirror.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.Kind = feed.Kind(args[0])
			if len(args) == 2 {
				s.URL = args[1]
			}
			if s.ID == "" {
				s.ID = defaultID(s)
			}
			folder, err := f.open()
			if err != nil {
				return err
			}
			if err := folder.Add(s); err != nil {
				return failed("wardbook feeds add --help lists the kinds; --id names a source", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Added: %s. wardbook feeds fetch %s fetches it.\n", s.ID, s.ID)
			return nil
		},
	}
	cmd.Flags().StringVar(&s.ID, "id", "", "`NAME` of the source; default: the kind, or the host of the URL")
	cmd.Flags().StringArrayVar(&s.Ecosystems, "ecosystem", nil, "`NAME` of an OSV ecosystem, such as Debian; can be repeated")
	return cmd
}

// defaultID names a CSAF source for its host, others for their kind.
func defaultID(s feed.Source) string {
	if !slices.Contains(feed.Advisories, s.Kind) {
		return string(s.Kind)
	}
	if u, err := url.Parse(s.URL); err == nil && u.Hostname() != "" {
		return strings.ToLower(u.Hostname())
	}
	return strings.ToLower(s.URL)
}

func newFeedsRemove(f *feedsFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "remove ID",
		Short: "Remove a source and what came from it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, err := f.open()
			if err != nil {
				return err
			}
			if err := folder.Remove(args[0]); err != nil {
				return failed("wardbook feeds status lists the sources", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Removed: %s\n", args[0])
			return nil
		},
	}
}

func newFeedsFetch(f *feedsFlags) *cobra.Command {
	var quiet bool
	cmd := &cobra.Command{
		Use:   "fetch [ID…]",
		Short: "Fetch what is new, of all sources or of those named; goes on where it was interrupted",
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, err := f.open()
			if err != nil {
				return err
			}
			ids := args
			if len(ids) == 0 {
				sources, err := folder.Sources()
				if err != nil {
					return err
				}
				for _, s := range sources {
					ids = append(ids, s.ID)
				}
			}
			if len(ids) == 0 {
				return failed("wardbook feeds add KIND [URL] adds a source", fmt.Errorf("no sources in %s", folder.Dir()))
			}
			p := newProgress(cmd.ErrOrStderr(), quiet)
			return fetchAll(cmd.Context(), folder, ids, p, cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&quiet, "quiet", false, "no progress")
	return cmd
}

// fetchAll fetches one source after the other. One that fails does not keep the
// others from being fetched.
func fetchAll(ctx context.Context, folder *feed.Folder, ids []string, p *progress, out io.Writer) error {
	var errs []error
	for _, id := range ids {
		r, err := folder.Fetch(ctx, id, func(done, total int64, note string) { p.report(id, int(done), int(total)) })
		p.done()
		if ctx.Err() != nil {
			return fmt.Errorf("%s: interrupted; the next fetch goes on from here", id)
		}
		if err != nil {
			fmt.Fprintf(out, "%s: failed\n", id)
			errs = append(errs, fmt.Errorf("%s: %w", id, err))
		} else {
			fmt.Fprintf(out, "%s: %s\n", id, r)
		}
		for _, problem := range r.Problems {
			fmt.Fprintf(out, "  %s\n", problem)
		}
		if r.More > 0 {
			fmt.Fprintf(out, "  and %d more problems\n", r.More)
		}
	}
	if len(errs) > 0 {
		return failed("what was there before stays in use; wardbook feeds status shows its age", errors.Join(errs...))
	}
	return nil
}

func newFeedsBundle(f *feedsFlags) *cobra.Command {
	var out, since string
	cmd := &cobra.Command{
		Use:   "bundle",
		Short: "Write what the folder holds to one signed file, for where there is no internet",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, err := f.open()
			if err != nil {
				return err
			}
			var m *feed.Manifest
			var key string
			err = writeFile(out, func(w io.Writer) (err error) { m, key, err = folder.Bundle(w, since); return err })
			if err != nil {
				return failed("--since takes the id that an earlier bundle printed, or a day such as 2026-03-01", err)
			}
			w := cmd.OutOrStdout()
			fmt.Fprintf(w, "Written: %s, bundle %s: %d sources, %d files\n", out, m.ID, len(m.Sources), len(m.Members))
			fmt.Fprintf(w, "Load it where %s is trusted:\n  wardbook feeds load %s --trust '%s'\n", strings.Join(strings.SplitN(key, "+", 3)[:2], "+"), filepath.Base(out), key)
			fmt.Fprintf(w, "Next time, only what is new: --since %s\n", m.ID)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "wardbook-feeds.zip", "`FILE` to write")
	cmd.Flags().StringVar(&since, "since", "", "only what came after this bundle `ID` or day")
	return cmd
}

func newFeedsLoad(f *feedsFlags) *cobra.Command {
	var trust []string
	cmd := &cobra.Command{
		Use:   "load FILE",
		Short: "Take over a bundle: all of it is checked, then all of it or nothing is used",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, err := f.open()
			if err != nil {
				return err
			}
			r, err := folder.Load(cmd.Context(), args[0], trust)
			if err != nil {
				return failed("the key that wardbook feeds bundle printed is given with --trust, or stands under trust in feeds.yaml", err)
			}
			w := cmd.OutOrStdout()
			fmt.Fprintf(w, "Loaded: bundle %s of %s, signed by %s: %d new, %d changed, %d unchanged, %d removed\n",
				r.ID, r.Made.UTC().Format("2006-01-02 15:04"), r.Signer, r.New, r.Changed, r.Unchanged, r.Removed)
			for _, id := range r.Kept {
				fmt.Fprintf(w, "Kept as it is, since it is newer here: %s\n", id)
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&trust, "trust", nil, "public `KEY` of bundles that is trusted; can be repeated")
	return cmd
}

func newFeedsStatus(f *feedsFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say how old each source is, and what is unknown since when",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, err := f.open()
			if err != nil {
				return err
			}
			all, err := folder.Status()
			if err != nil {
				return err
			}
			return printStatus(cmd.OutOrStdout(), all, time.Now())
		},
	}
}

func printStatus(out io.Writer, all []feed.Status, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "source\tkind\tdocuments\tnewest entry\tage\tknown")
	for _, s := range all {
		documents, newest, age := fmt.Sprint(s.Documents), "unknown", "unknown"
		if s.Documents == 0 && s.Checked.IsZero() {
			documents = "unknown"
		}
		if !s.Newest.IsZero() {
			newest = s.Newest.UTC().Format(time.DateOnly)
		}
		if a := s.Age(now); a != "" {
			age = a
		}
		known := s.Known(now)
		if s.Bundle != "" {
			known += ", by bundle " + s.Bundle
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", s.Source.ID, s.Source.Kind, documents, newest, age, known)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, s := range all {
		for _, line := range statusNotes(s, now) {
			fmt.Fprintf(out, "%s: %s\n", s.Source.ID, line)
		}
	}
	return nil
}

// statusNotes are what a row has no room for.
func statusNotes(s feed.Status, now time.Time) []string {
	var out []string
	if s.Failure != "" {
		out = append(out, "the last try, "+s.Attempted.UTC().Format("2006-01-02 15:04")+": "+s.Failure)
	}
	if s.Aside > 0 {
		out = append(out, fmt.Sprintf("%d documents are kept aside and not used", s.Aside))
	}
	if s.Missing > 0 {
		out = append(out, fmt.Sprintf("%d documents are listed there and could not be fetched: what they say is unknown", s.Missing))
	}
	if s.Newest.After(now.Add(48 * time.Hour)) {
		out = append(out, "the newest entry is dated in the future")
	}
	var signatures []string
	for _, state := range []feed.SignatureState{feed.SignatureVerified, feed.SignatureNone, feed.KeyUnknown} {
		if n := s.Signatures[state]; n > 0 {
			signatures = append(signatures, fmt.Sprintf("%s %d", state, n))
		}
	}
	if len(signatures) > 0 {
		out = append(out, "signatures: "+strings.Join(signatures, ", "))
	}
	return out
}

// addFeeds adds what a feed folder holds to the inputs of an assessment. KEV and
// EPSS are taken where none is given. What the folder does not know, or not any
// more, is told.
func (f *assessFlags) addFeeds(stderr io.Writer) error {
	if f.feeds == "" {
		return nil
	}
	folder, err := openFeeds(f.feeds)
	if err != nil {
		return err
	}
	docs, err := folder.Documents()
	if err != nil {
		return err
	}
	newest := map[feed.Kind]time.Time{}
	single := func(to *string, given string, d feed.Document) {
		if given == "" && !d.Fetched.Before(newest[d.Kind]) {
			*to, newest[d.Kind] = folder.Path(d), d.Fetched
		}
	}
	kev, epss := f.kev, f.epss
	for _, d := range docs {
		switch {
		case d.Kind == feed.KEV:
			single(&f.kev, kev, d)
		case d.Kind == feed.EPSS:
			single(&f.epss, epss, d)
		case slices.Contains(feed.Advisories, d.Kind):
			f.advisories = append(f.advisories, folder.Path(d))
		case slices.Contains(feed.Records, d.Kind):
			f.vulns = append(f.vulns, folder.Path(d))
		}
	}
	all, err := folder.Status()
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return usagef("wardbook feeds add KIND [URL] adds a source, wardbook feeds load FILE loads a bundle", "--feeds %s: this is no feed folder, or an empty one", f.feeds)
	}
	for _, s := range all {
		if known := s.Known(time.Now()); !strings.HasPrefix(known, "as of") && !f.quiet {
			fmt.Fprintf(stderr, "wardbook: note: feed %s: %s\n", s.Source.ID, known)
		}
	}
	return nil
}
