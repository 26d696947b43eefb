package feed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"
)

// Rules of NVD's API 2.0 (nvd.nist.gov/developers/vulnerabilities): 2,000 records a
// page; a window of changes is at most 120 days; 5 requests in 30 seconds, 50 with a
// key.
const (
	nvdPage      = 2000
	nvdWindow    = 119 * 24 * time.Hour
	nvdPause     = 6 * time.Second
	nvdKeyPause  = 600 * time.Millisecond
	nvdOverlap   = time.Hour // their clock and ours
	nvdTime      = "2006-01-02T15:04:05.000Z"
	maxNVD       = 256 << 20
	maxNVDTotal  = 5_000_000
	nvdPlanFile  = "plan.json"
	nvdPlanStale = 30 * 24 * time.Hour
)

// nvdPlan is a run over pages that can be interrupted. Pages that are there lie
// beside it.
type nvdPlan struct {
	Cursor string    `json:"cursor"` // that it began with: changed since, or empty for all
	End    time.Time `json:"end,omitzero"`
	Began  time.Time `json:"began"` // by NVD's clock; zero before the first page
	Made   time.Time `json:"made"`
}

type nvdReply struct {
	StartIndex      int              `json:"startIndex"`
	TotalResults    int              `json:"totalResults"`
	Format          string           `json:"format"`
	Timestamp       string           `json:"timestamp"`
	Vulnerabilities []jsontext.Value `json:"vulnerabilities"`
}

// decodeNVD reads a page of the API.
func decodeNVD(b []byte) (*nvdReply, error) {
	var reply nvdReply
	if err := json.Unmarshal(b, &reply); err != nil {
		return nil, fmt.Errorf("this is no reply of NVD's API: %w", err)
	}
	if reply.Format != "NVD_CVE" || reply.TotalResults < 0 || reply.TotalResults > maxNVDTotal {
		return nil, errors.New("this is no reply of NVD's CVE API")
	}
	return &reply, nil
}

// fetchNVD brings all records the first time, later those that changed since, in
// windows of days until now.
func (r *run) fetchNVD(ctx context.Context) error {
	if err := r.nvdKey(); err != nil {
		return err
	}
	for {
		more, err := r.nvdWindow(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// nvdKey gives the API key to the client, for NVD's host only.
func (r *run) nvdKey() error {
	if r.src.APIKeyFile == "" {
		return nil
	}
	b, err := os.ReadFile(r.src.APIKeyFile)
	if err != nil {
		return fmt.Errorf("api_key_file: %w", err)
	}
	u, err := parseAddress(r.src.Address())
	if err != nil {
		return err
	}
	r.client.secrets[u.Host] = http.Header{"apiKey": {strings.TrimSpace(string(b))}}
	return nil
}

// nvdWindow brings one window, and says whether another follows.
func (r *run) nvdWindow(ctx context.Context) (more bool, err error) {
	dir := r.partials()
	plan, err := r.nvdPlan(dir)
	if err != nil {
		return false, err
	}
	y, err := newYears(dir, readNVD)
	if err != nil {
		return false, err
	}
	defer y.close()
	for start := 0; ; {
		reply, err := r.nvdPage(ctx, dir, plan, start)
		if err != nil {
			return false, err
		}
		if plan.Began.IsZero() {
			if plan.Began = parseDate(reply.Timestamp); plan.Began.IsZero() {
				plan.Began = r.now()
			}
			if err := plan.save(dir); err != nil {
				return false, err
			}
		}
		for i, raw := range reply.Vulnerabilities {
			if err := r.addRecord(y, raw, fmt.Sprintf("record %d", start+i)); err != nil {
				return false, err
			}
		}
		start += len(reply.Vulnerabilities)
		r.progress(int64(start), int64(reply.TotalResults), "records")
		if start >= reply.TotalResults {
			break
		}
		if len(reply.Vulnerabilities) == 0 {
			return false, fmt.Errorf("%s: the reply is empty at record %d of %d", plain(r.src.Address()), start, reply.TotalResults)
		}
	}
	if plan.Cursor == "" && y.records == 0 {
		return false, fmt.Errorf("%s: NVD gave no record at all", plain(r.src.Address()))
	}
	if err := r.merge(y, plan.Cursor == ""); err != nil {
		return false, err
	}
	next := plan.Began
	if more = !plan.End.IsZero() && plan.End.Before(r.now().Add(-time.Minute)); more {
		next = plan.End
	}
	r.st.Cursor = next.UTC().Format(time.RFC3339)
	if err := r.idx.save(r.f.dir); err != nil {
		return false, err
	}
	return more, os.RemoveAll(dir)
}

// nvdPlan is the plan that was interrupted, when it still fits, else a new one.
func (r *run) nvdPlan(dir string) (*nvdPlan, error) {
	var plan nvdPlan
	b, err := os.ReadFile(filepath.Join(dir, nvdPlanFile))
	if err == nil && json.Unmarshal(b, &plan) == nil && plan.Cursor == r.st.Cursor && r.now().Sub(plan.Made).Abs() < nvdPlanStale {
		return &plan, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	plan = nvdPlan{Cursor: r.st.Cursor, Made: r.now()}
	if since := parseDate(plan.Cursor); !since.IsZero() {
		plan.End = r.now()
		if !since.Before(plan.End) {
			return nil, fmt.Errorf("the last fetch ended at %s, which is not in the past: check the clock", plan.Cursor)
		}
		if most := since.Add(nvdWindow); most.Before(plan.End) {
			plan.End = most
		}
	}
	return &plan, plan.save(dir)
}

func (p *nvdPlan) save(dir string) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(dir, nvdPlanFile), b, 0o644)
}

// nvdPage is a page of a plan: the one that is there, else from NVD.
func (r *run) nvdPage(ctx context.Context, dir string, plan *nvdPlan, start int) (*nvdReply, error) {
	path := filepath.Join(dir, fmt.Sprintf("page-%07d.json.gz", start))
	if b, err := unzipped(path); err == nil {
		if reply, err := decodeNVD(b); err == nil && reply.StartIndex == start {
			return reply, nil
		}
	}
	u, err := parseAddress(r.src.Address())
	if err != nil {
		return nil, err
	}
	q := u.Query()
	q.Set("resultsPerPage", strconv.Itoa(nvdPage))
	q.Set("startIndex", strconv.Itoa(start))
	if since := parseDate(plan.Cursor); !since.IsZero() {
		q.Set("lastModStartDate", since.Add(-nvdOverlap).Format(nvdTime))
		q.Set("lastModEndDate", plan.End.UTC().Format(nvdTime))
	}
	u.RawQuery = q.Encode()
	if err := r.nvdWait(ctx, u); err != nil {
		return nil, err
	}
	b, err := r.client.get(ctx, u.String(), maxNVD)
	if err != nil {
		return nil, err
	}
	reply, err := decodeNVD(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", plain(u.String()), err)
	}
	if reply.StartIndex != start {
		return nil, fmt.Errorf("%s: records from %d on were asked for, %d came", plain(u.String()), start, reply.StartIndex)
	}
	r.report.Bytes += int64(len(b))
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestSpeed)
	_, err = w.Write(b)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return reply, writeWhole(path, z.Bytes(), 0o644)
}

// nvdWait keeps to NVD's rate, from the second request on.
func (r *run) nvdWait(ctx context.Context, u *url.URL) error {
	pause := nvdPause
	if len(r.client.secrets[u.Host]) > 0 {
		pause = nvdKeyPause
	}
	if r.f.opts.pause > 0 {
		pause = r.f.opts.pause
	}
	if r.asked++; r.asked == 1 {
		return ctx.Err()
	}
	select {
	case <-r.client.opts.wait(pause):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func unzipped(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, maxNVD))
}
