package feed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/wardbook/wardbook"
)

// Progress is told how far a fetch is: done of total, where total is 0 when it is
// not known, and a note for people. It may be called from several goroutines.
type Progress func(done, total int64, note string)

// A Report says what a fetch did.
type Report struct {
	Source    string `json:"source"` // id
	New       int    `json:"new"`
	Changed   int    `json:"changed"`
	Unchanged int    `json:"unchanged"`
	// Aside are documents that came and may not be used; Problems say why.
	Aside int `json:"aside"`
	// Missing are documents that are listed and could not be fetched.
	Missing int `json:"missing"`
	// Withheld are lists of documents under a TLP label that is not taken.
	Withheld int `json:"withheld"`
	// Unlisted are documents in use that the publisher's list does not name any more.
	Unlisted int   `json:"unlisted"`
	Bytes    int64 `json:"bytes"` // that came
	// Records are those that came, of sources that tell changes record by record.
	Records int `json:"records,omitempty"`
	// Problems are at most MaxProblems; More counts the others.
	Problems []wardbook.Problem `json:"problems"`
	More     int                `json:"more"`
}

// MaxProblems is how many problems a report lists.
const MaxProblems = 200

func (r Report) String() string {
	parts := []string{fmt.Sprintf("%d new, %d changed, %d unchanged", r.New, r.Changed, r.Unchanged)}
	if r.Records > 0 {
		parts = append(parts, fmt.Sprintf("%d records came", r.Records))
	}
	for _, p := range []struct {
		n    int
		text string
	}{
		{r.Aside, "kept aside"}, {r.Missing, "could not be fetched"},
		{r.Withheld, "lists not taken for their TLP label"}, {r.Unlisted, "no longer listed"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.text))
		}
	}
	return strings.Join(parts, ", ")
}

// Limits of what a source may send, in bytes.
const (
	maxMetadata = 8 << 20
	maxList     = 256 << 20
	maxAdvisory = 64 << 20
	maxKey      = 1 << 20
	maxSmall    = 64 << 20 // KEV, EPSS
	maxZip      = 8 << 30
	saveEvery   = 5 * time.Second
)

// A run is one fetch of one source.
type run struct {
	f        *Folder
	idx      *index
	src      Source
	st       *sourceState
	client   *client
	progress Progress

	mu     sync.Mutex // of report, st and saved
	report Report
	saved  time.Time
	asked  int // pages of NVD
}

// Fetch brings what is new of the source id. What was fetched before is not
// fetched again, and a fetch that was interrupted goes on where it was; so after an
// error the next call does the rest. The error is of the source as a whole; what
// concerns single documents is in the report.
func (f *Folder) Fetch(ctx context.Context, id string, p Progress) (Report, error) {
	unlock, err := f.lock()
	if err != nil {
		return Report{Source: id}, err
	}
	defer unlock()
	c, _, err := readConfig(f.dir)
	if err != nil {
		return Report{Source: id}, err
	}
	for _, s := range c.Sources {
		if s.ID == id {
			return f.fetch(ctx, c, s, p)
		}
	}
	return Report{Source: id}, fmt.Errorf("%s has no source %q", filepath.Join(f.dir, configFile), id)
}

func (f *Folder) fetch(ctx context.Context, c *config, s Source, p Progress) (Report, error) {
	idx, err := readIndex(f.dir)
	if err != nil {
		return Report{Source: s.ID}, err
	}
	before := f.used(idx)
	cl, err := newClient(c.Network, f.opts)
	if err != nil {
		return Report{Source: s.ID}, err
	}
	defer cl.close()
	if p == nil {
		p = func(int64, int64, string) {}
	}
	r := &run{f: f, idx: idx, src: s, st: idx.state(s), client: cl, progress: p, report: Report{Source: s.ID}, saved: f.opts.Now()}
	now := f.opts.Now().UTC().Truncate(time.Second)
	err = r.fetch(ctx)
	r.st.Attempted = now
	if err != nil {
		r.st.Failure = err.Error()
		if ctx.Err() != nil {
			r.st.Failure = "interrupted"
		}
	} else {
		r.st.Failure, r.st.Checked, r.st.Missing, r.st.Bundle = "", now, r.report.Missing, ""
		_ = os.RemoveAll(r.partials())
	}
	return r.report, errors.Join(err, f.commit(idx, before))
}

func (r *run) fetch(ctx context.Context) error {
	switch r.src.Kind {
	case CSAFProvider, CSAFROLIE, CSAFDirectory:
		return r.fetchCSAF(ctx)
	case OSV:
		return r.fetchOSV(ctx)
	case KEV:
		return r.single(ctx, "known_exploited_vulnerabilities.json", r.src.Address(), maxSmall, checkKEV)
	case EPSS:
		return r.single(ctx, "epss_scores-current.csv.gz", r.src.Address(), maxSmall, checkEPSS)
	case NVD:
		return r.fetchNVD(ctx)
	case CVEList:
		return r.fetchCVEList(ctx)
	}
	return fmt.Errorf("unknown kind %q", r.src.Kind)
}

// partials is where downloads of this source that are not whole yet lie.
func (r *run) partials() string { return filepath.Join(r.f.dir, "partial", r.src.ID) }

func (r *run) now() time.Time { return r.f.opts.Now().UTC().Truncate(time.Second) }

// problem notes what concerns one document.
func (r *run) problem(place, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.report.Problems) >= MaxProblems {
		r.report.More++
		return
	}
	r.report.Problems = append(r.report.Problems, wardbook.Problem{Place: place, Message: fmt.Sprintf(format, args...)})
}

// save writes the index now and then, so that little is lost when the process is
// killed. The caller holds mu.
func (r *run) save() error {
	if now := r.f.opts.Now(); now.Sub(r.saved) >= saveEvery {
		r.saved = now
		return r.idx.save(r.f.dir)
	}
	return nil
}

// A check says whether a file is what its source should give, and its newest date.
type check func(path string) (newest time.Time, err error)

// single fetches one file that is replaced as a whole.
func (r *run) single(ctx context.Context, name, address string, limit int64, ok check) error {
	w := wish{url: address, limit: limit, progress: func(done, total int64) { r.progress(done, total, name) }}
	have, known := r.st.document(plain(address))
	if known && r.f.holds(have) {
		w.etag, w.lastModified = have.ETag, have.LastModified
	}
	d, err := r.client.download(ctx, r.partials(), w)
	if err != nil {
		return err
	}
	if d.unchanged {
		if !known {
			return fmt.Errorf("%s: the server says that nothing changed, but nothing is here", plain(address))
		}
		r.report.Unchanged++
		return nil
	}
	doc := Document{
		Source: r.src.ID, Kind: r.src.Kind, Name: name, URL: plain(address), SHA256: d.sha256, Size: d.size,
		ETag: d.etag, LastModified: d.lastModified, Fetched: r.now(),
	}
	r.report.Bytes += d.size
	doc.Newest, err = ok(d.path)
	if err != nil {
		doc.Aside = err.Error()
		r.report.Aside++
		r.problem(name, "kept aside: %v", err)
		if err := adopt(d.path, r.f.Path(doc)); err != nil {
			return err
		}
		r.st.setAside(doc)
		return fmt.Errorf("%s: what came is not usable: %w", plain(address), err)
	}
	if err := adopt(d.path, r.f.Path(doc)); err != nil {
		return err
	}
	if doc.Newest.IsZero() {
		doc.Newest = httpDate(d.lastModified)
	}
	switch {
	case !known:
		r.report.New++
	case have.SHA256 == doc.SHA256:
		r.report.Unchanged++
	default:
		r.report.Changed++
	}
	r.st.put(doc)
	return nil
}
