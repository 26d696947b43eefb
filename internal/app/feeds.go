package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/feed"
	"github.com/wardbook/wardbook/internal/store"
)

// FeedJob is the kind of the jobs that fetch feeds. They belong to the
// installation; a worker of their own does them, one at a time.
const FeedJob = "feed"

// Names of the feed package for those above, who do not fetch.
type (
	// FeedSource is one place that documents come from.
	FeedSource = feed.Source
	// FeedKept is a document of a feed, in use or kept aside.
	FeedKept = feed.Document
	// FeedLoaded says what a bundle brought.
	FeedLoaded = feed.LoadReport
)

// ErrFeedsBusy is the error of what cannot be done while the feeds are fetched,
// loaded or bundled.
var ErrFeedsBusy = feed.ErrBusy

// FeedKinds are the kinds of sources that can be added.
func FeedKinds() []string {
	var out []string
	for _, k := range feed.Kinds {
		out = append(out, string(k))
	}
	return out
}

// NewFeedSource makes a source of what somebody typed. Without an id it is
// called after its host or its kind; ecosystems stand with commas.
func NewFeedSource(id, kind, address, ecosystems string) FeedSource {
	s := FeedSource{ID: id, Kind: feed.Kind(kind), URL: address}
	for _, e := range strings.Split(ecosystems, ",") {
		if e = strings.TrimSpace(e); e != "" {
			s.Ecosystems = append(s.Ecosystems, e)
		}
	}
	if s.ID == "" {
		s.ID = kind
		if slices.Contains(feed.Advisories, s.Kind) {
			s.ID = strings.ToLower(address)
			if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
				s.ID = strings.ToLower(u.Hostname())
			}
		}
	}
	return s
}

// feedEvery is how often a kind is fetched where nobody says otherwise: as often
// as its publisher says something new, and not more.
var feedEvery = map[feed.Kind]time.Duration{
	feed.CSAFProvider: 12 * time.Hour, feed.CSAFROLIE: 12 * time.Hour, feed.CSAFDirectory: 12 * time.Hour,
	feed.OSV: 24 * time.Hour, feed.KEV: 6 * time.Hour, feed.EPSS: 24 * time.Hour, feed.NVD: 6 * time.Hour, feed.CVEList: 6 * time.Hour,
}

// Feeds are the feeds of the installation: the folder where documents come in,
// the plan that says when, and the jobs that fetch. One serves all
// organizations; it is safe for use by several goroutines.
type Feeds struct {
	store  *store.Store
	folder *feed.Folder

	mu    sync.Mutex
	known []feed.Status // nil: not read
	read  time.Time
}

// NewFeeds makes those of a feed folder.
func NewFeeds(s *store.Store, folder *feed.Folder) *Feeds { return &Feeds{store: s, folder: folder} }

// A FeedState says how fresh a feed is and when it is fetched next.
type FeedState struct {
	feed.Status
	Every   time.Duration
	Hours   int           // that an operator set; 0: as its kind asks for
	Stopped bool          // fetched only when somebody asks
	Next    time.Time     // when it is due; zero: not by itself
	Job     *wardbook.Job // that fetches it or waits to; nil: none
}

// statusFor is how long the state of the folder is taken as known: pages ask
// often, and the index of a large folder takes a moment to read.
const statusFor = 10 * time.Second

// Status is the state of all feeds, a few seconds old at most.
func (f *Feeds) Status() ([]feed.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known != nil && time.Since(f.read) < statusFor {
		return f.known, nil
	}
	all, err := f.folder.Status()
	if err != nil {
		return nil, err
	}
	if f.known, f.read = all, time.Now(); all == nil {
		f.known = []feed.Status{}
	}
	return f.known, nil
}

func (f *Feeds) forget() {
	f.mu.Lock()
	f.known = nil
	f.mu.Unlock()
}

// States are all feeds with their plan and what is under way.
func (f *Feeds) States(ctx context.Context) ([]FeedState, error) {
	all, err := f.Status()
	if err != nil {
		return nil, err
	}
	var plan wardbook.FeedPlan
	jobs := map[string]*wardbook.Job{}
	err = f.store.View(ctx, store.System, func(tx *store.Tx) error {
		p, err := feedPlan(tx)
		if err != nil {
			return err
		}
		plan = p.Value
		jobs, err = feedJobs(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []FeedState
	for _, s := range all {
		rule := plan.Sources[s.Source.ID]
		st := FeedState{Status: s, Hours: rule.Hours, Stopped: rule.Stopped, Every: feedEvery[s.Source.Kind], Job: jobs[s.Source.ID]}
		if rule.Hours > 0 {
			st.Every = time.Duration(rule.Hours) * time.Hour
		}
		if s.Configured && !rule.Stopped {
			last := s.Attempted
			if s.Checked.After(last) {
				last = s.Checked
			}
			st.Next = last.Add(st.Every)
		}
		out = append(out, st)
	}
	return out, nil
}

// feedPlan is the plan in the book of the installation; one that is not there
// yet has an id of its own and revision 0.
func feedPlan(tx *store.Tx) (p store.Stored[wardbook.FeedPlan], err error) {
	r, err := tx.ByKey(p.Value.RecordKind(), p.Value.RecordKey())
	if errors.Is(err, wardbook.ErrNotFound) {
		p.ID = wardbook.NewID()
		return p, nil
	}
	if err != nil {
		return p, err
	}
	return store.Decode[wardbook.FeedPlan](r)
}

type feedArgs struct {
	Source string `json:"source"` // id
}

// feedJobs are the jobs that are not finished, by the feed that they fetch.
func feedJobs(tx *store.Tx) (map[string]*wardbook.Job, error) {
	out := map[string]*wardbook.Job{}
	page, err := tx.Jobs(store.ListOptions{Text: FeedJob, States: []string{string(wardbook.JobQueued), string(wardbook.JobRunning)}, Limit: 1000})
	for _, j := range page.Items {
		var args feedArgs
		if json.Unmarshal(j.Args, &args) == nil {
			out[args.Source] = &j
		}
	}
	return out, err
}

// askFeed asks for a fetch.
func askFeed(tx *store.Tx, id string) (wardbook.Job, error) {
	b, err := json.Marshal(feedArgs{Source: id})
	if err != nil {
		return wardbook.Job{}, err
	}
	return tx.Enqueue(wardbook.Job{Kind: FeedJob, Unique: id, Args: b})
}

// setRule writes the plan of one feed; a nil rule takes it out.
func setRule(tx *store.Tx, id string, rule *wardbook.FeedRule) error {
	p, err := feedPlan(tx)
	if err != nil {
		return err
	}
	next := p.Value
	if next.Sources = maps.Clone(p.Value.Sources); next.Sources == nil {
		next.Sources = map[string]wardbook.FeedRule{}
	}
	if rule == nil {
		delete(next.Sources, id)
	} else {
		next.Sources[id] = *rule
	}
	_, err = tx.Put(p.ID, p.Revision.Revision, next)
	return err
}

// Add adds a feed, fetched every so many hours (0: as its kind asks for), and
// asks for the first fetch. ev says who, an operator, and why.
func (f *Feeds) Add(ctx context.Context, ev wardbook.Event, s FeedSource, hours int) error {
	if err := s.Validate(); err != nil {
		return err
	}
	ev.Action, ev.Target = "feed.add", "feed/"+s.ID
	defer f.forget()
	return operate(ctx, f.store, ev, func(tx *store.Tx) error {
		all, err := f.folder.Sources()
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(x feed.Source) bool { return x.ID == s.ID }) {
			var ps wardbook.Problems
			ps.Add("id", "there is a feed %q already", s.ID)
			return ps.Err()
		}
		if err := setRule(tx, s.ID, &wardbook.FeedRule{Hours: hours}); err != nil {
			return err
		}
		if _, err := askFeed(tx, s.ID); err != nil {
			return err
		}
		return f.folder.Add(s) // last: all else can be undone
	})
}

// Remove takes a feed away, and its documents out of use.
func (f *Feeds) Remove(ctx context.Context, ev wardbook.Event, id string) error {
	if err := needReason(ev.Reason); err != nil {
		return err
	}
	ev.Action, ev.Target = "feed.remove", "feed/"+id
	err := operate(ctx, f.store, ev, func(tx *store.Tx) error {
		if err := f.is(id, false); err != nil {
			return err
		}
		jobs, err := feedJobs(tx)
		if err != nil {
			return err
		}
		if j := jobs[id]; j != nil {
			if err := tx.CancelJob(j.ID); err != nil {
				return err
			}
		}
		if err := setRule(tx, id, nil); err != nil {
			return err
		}
		return f.folder.Remove(id)
	})
	f.forget()
	if err != nil {
		return err
	}
	return f.Tell(ctx)
}

// is reports ErrNotFound where there is no such feed; with fetched also where it
// came by bundle only.
func (f *Feeds) is(id string, fetched bool) error {
	all, err := f.folder.Status()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(s feed.Status) bool { return s.Source.ID == id && (s.Configured || !fetched) }) {
		return fmt.Errorf("feed %q: %w", id, wardbook.ErrNotFound)
	}
	return nil
}

// FetchNow asks for a fetch at once.
func (f *Feeds) FetchNow(ctx context.Context, ev wardbook.Event, id string) error {
	ev.Action, ev.Target = "feed.ask", "feed/"+id
	return operate(ctx, f.store, ev, func(tx *store.Tx) error {
		if err := f.is(id, true); err != nil {
			return err
		}
		_, err := askFeed(tx, id)
		return err
	})
}

// Plan says how often a feed is fetched (0 hours: as its kind asks for) and
// whether at all. Stopping it stops a fetch that is under way; what came by then
// stays, and the next fetch goes on from there.
func (f *Feeds) Plan(ctx context.Context, ev wardbook.Event, id string, rule wardbook.FeedRule) error {
	ev.Action, ev.Target = "feed.plan", "feed/"+id
	return operate(ctx, f.store, ev, func(tx *store.Tx) error {
		if err := f.is(id, true); err != nil {
			return err
		}
		if rule.Stopped {
			jobs, err := feedJobs(tx)
			if err != nil {
				return err
			}
			if j := jobs[id]; j != nil {
				if err := tx.CancelJob(j.ID); err != nil {
					return err
				}
			}
		}
		return setRule(tx, id, &rule)
	})
}

// StopFetch stops a fetch that is under way or waits.
func (f *Feeds) StopFetch(ctx context.Context, ev wardbook.Event, id string) error {
	ev.Action, ev.Target = "feed.stop", "feed/"+id
	return operate(ctx, f.store, ev, func(tx *store.Tx) error {
		jobs, err := feedJobs(tx)
		if err != nil {
			return err
		}
		if jobs[id] == nil {
			return fmt.Errorf("fetch of %q: %w", id, wardbook.ErrNotFound)
		}
		return tx.CancelJob(jobs[id].ID)
	})
}

// Load takes over an offline bundle that somebody brings. trust are public keys
// beside those of feeds.yaml.
func (f *Feeds) Load(ctx context.Context, ev wardbook.Event, r io.Reader, trust []string) (*FeedLoaded, error) {
	err := f.store.View(ctx, store.System, func(tx *store.Tx) error { return mayOperate(tx, ev.Actor) })
	if err != nil {
		return nil, err
	}
	out, err := f.folder.LoadFrom(ctx, r, trust)
	if err != nil {
		return nil, err
	}
	f.forget()
	ev.Action, ev.Target = "feed.load", "bundle/"+out.ID
	ctx = context.WithoutCancel(ctx) // it is in use
	if err := operate(ctx, f.store, ev, func(*store.Tx) error { return nil }); err != nil {
		return nil, err
	}
	return out, f.Tell(ctx)
}

// Bundle writes an offline bundle: of everything, or of what came since an
// earlier bundle (its id) or a day.
func (f *Feeds) Bundle(ctx context.Context, ev wardbook.Event, w io.Writer, since string) error {
	ev.Action, ev.Target = "feed.bundle", "feeds"
	if since != "" {
		ev.Target = "feeds/since " + since
	}
	if err := operate(ctx, f.store, ev, func(*store.Tx) error { return nil }); err != nil {
		return err
	}
	_, _, err := f.folder.Bundle(w, since)
	if err != nil && since != "" && !errors.Is(err, ErrFeedsBusy) {
		err = &feed.BundleError{Text: err.Error(), Err: err}
	}
	return err
}

// BundleFault is what is wrong with a bundle, for who brought or asked for it.
func BundleFault(err error) (string, bool) {
	var b *feed.BundleError
	if !errors.As(err, &b) {
		return "", false
	}
	return b.Text, true
}

// BundleKey is the public key to trust where bundles of this installation are
// loaded.
func (f *Feeds) BundleKey() (string, error) { return f.folder.BundleKey() }

// Aside are documents that came and are not used, each with the reason.
func (f *Feeds) Aside() ([]FeedKept, error) { return f.folder.Aside() }

// Documents lists what the feeds hold, for LivingOptions.Feeds. Of KEV and EPSS
// the one that was fetched last counts.
func (f *Feeds) Documents() ([]FeedDocument, error) {
	docs, err := f.folder.Documents()
	if err != nil {
		return nil, err
	}
	kinds := map[feed.Kind]wardbook.InputKind{feed.KEV: wardbook.InputKEV, feed.EPSS: wardbook.InputEPSS}
	for _, k := range feed.Advisories {
		kinds[k] = wardbook.InputAdvisory
	}
	for _, k := range feed.Records {
		kinds[k] = wardbook.InputVulnerabilities
	}
	newest := map[feed.Kind]feed.Document{}
	var out []FeedDocument
	add := func(d feed.Document) {
		out = append(out, FeedDocument{Kind: kinds[d.Kind], Name: d.Source + "/" + d.Name, Path: f.folder.Path(d), SHA256: d.SHA256, Size: d.Size})
	}
	for _, d := range docs {
		switch d.Kind {
		case feed.KEV, feed.EPSS:
			if had, ok := newest[d.Kind]; !ok || d.Fetched.After(had.Fetched) {
				newest[d.Kind] = d
			}
		default:
			add(d)
		}
	}
	for _, k := range []feed.Kind{feed.KEV, feed.EPSS} {
		if d, ok := newest[k]; ok {
			add(d)
		}
	}
	return out, nil
}

// digest is over all documents in use.
func (f *Feeds) digest() (string, error) {
	docs, err := f.Documents()
	if err != nil || len(docs) == 0 {
		return "", err
	}
	slices.SortFunc(docs, func(a, b FeedDocument) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.SHA256, b.SHA256))
	})
	h := sha256.New()
	for _, d := range docs {
		fmt.Fprintf(h, "%s\x00%s\n", d.Name, d.SHA256)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
