package feed

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// The CVE list is published hourly as a release: all records as of midnight UTC,
// and those that changed since that midnight (github.com/CVEProject/cvelistV5,
// README, "Releases"). A day's last change set brings its midnight to the next.
var (
	allAsset   = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})_all_CVEs_at_midnight\.zip(\.zip)?$`)
	deltaAsset = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})_delta_CVEs_at_([0-9]{4}Z|end_of_day)\.zip$`)
)

const endOfDay = "end_of_day"

type asset struct {
	Name   string `json:"name"`
	URL    string `json:"browser_download_url"`
	Digest string `json:"digest"` // "sha256:…"; empty in older releases
}

// cveReleases are the assets of releases, by day.
type cveReleases struct {
	all    map[string]asset            // by day
	deltas map[string]map[string]asset // by day and hour
}

// decodeReleases reads a list of releases, or one release.
func decodeReleases(b []byte) (*cveReleases, error) {
	type release struct {
		Assets []asset `json:"assets"`
	}
	var list []release
	if err := json.Unmarshal(b, &list); err != nil {
		var one release
		if json.Unmarshal(b, &one) != nil {
			return nil, fmt.Errorf("this is no list of releases: %w", err)
		}
		list = []release{one}
	}
	out := &cveReleases{map[string]asset{}, map[string]map[string]asset{}}
	for _, r := range list {
		for _, a := range r.Assets {
			if m := allAsset.FindStringSubmatch(a.Name); m != nil {
				out.all[m[1]] = a
			}
			if m := deltaAsset.FindStringSubmatch(a.Name); m != nil {
				if out.deltas[m[1]] == nil {
					out.deltas[m[1]] = map[string]asset{}
				}
				out.deltas[m[1]][m[2]] = a
			}
		}
	}
	if len(out.all) == 0 && len(out.deltas) == 0 {
		return nil, errors.New("the releases hold no CVE list")
	}
	return out, nil
}

// newest is the last change set of a day. "end_of_day" sorts behind the hours.
func (c *cveReleases) newest(day string) (string, bool) {
	hours := slices.Sorted(maps.Keys(c.deltas[day]))
	if len(hours) == 0 {
		return "", false
	}
	return hours[len(hours)-1], true
}

// plan is what to fetch, in its order, to get from cursor ("day hour") to the
// newest; all says that it begins with all records. An empty list: nothing is new.
func (c *cveReleases) plan(cursor string) (fetch []asset, all bool, next string, err error) {
	day, hour, _ := strings.Cut(cursor, " ")
	last := ""
	for _, d := range slices.Concat(slices.Collect(maps.Keys(c.deltas)), slices.Collect(maps.Keys(c.all))) {
		last = max(last, d)
	}
	if newest, ok := c.newest(last); ok && cursor != "" {
		if last == day && newest == hour {
			return nil, false, cursor, nil
		}
		if fetch, ok := c.since(day, hour, last); ok {
			return fetch, false, last + " " + newest, nil
		}
	}
	days := slices.Sorted(maps.Keys(c.all))
	if len(days) == 0 {
		return nil, false, "", errors.New("the releases hold changes, but no list of all records to begin with")
	}
	base := days[len(days)-1]
	fetch, next = []asset{c.all[base]}, base+" "
	if newest, ok := c.newest(base); ok {
		fetch, next = append(fetch, c.deltas[base][newest]), base+" "+newest
	}
	if next == cursor {
		return nil, false, cursor, nil
	}
	return fetch, true, next, nil
}

// since are the change sets from a day and hour to the newest, when none is missing.
func (c *cveReleases) since(day, hour, last string) (fetch []asset, ok bool) {
	for d := day; d <= last; d = nextDay(d) {
		newest, have := c.newest(d)
		switch {
		case d == day && hour == endOfDay:
		case d < last && newest != endOfDay, !have:
			return nil, false
		default:
			fetch = append(fetch, c.deltas[d][newest])
		}
		if len(fetch) > 31 {
			return nil, false // all records at once are less
		}
	}
	return fetch, len(fetch) > 0
}

// nextDay is the day after; one behind all others when day is none.
func nextDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return "9999"
	}
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}

// fetchCVEList brings all records the first time, later the changes. A URL that
// ends in .zip is that zip: a mirror of all records.
func (r *run) fetchCVEList(ctx context.Context) error {
	if u, err := parseAddress(r.src.Address()); err == nil && strings.HasSuffix(u.Path, ".zip") {
		return r.cveZips(ctx, []asset{{Name: path.Base(u.Path), URL: r.src.Address()}}, true, "")
	}
	b, err := r.client.get(ctx, r.src.Address(), maxList)
	if err != nil {
		return err
	}
	releases, err := decodeReleases(b)
	if err != nil {
		return fmt.Errorf("%s: %w", plain(r.src.Address()), err)
	}
	fetch, all, next, err := releases.plan(r.st.Cursor)
	if err != nil {
		return fmt.Errorf("%s: %w", plain(r.src.Address()), err)
	}
	if len(fetch) == 0 {
		r.report.Unchanged = len(r.st.Documents)
		return nil
	}
	return r.cveZips(ctx, fetch, all, next)
}

// cveZips brings zips of records and merges them.
func (r *run) cveZips(ctx context.Context, fetch []asset, all bool, next string) error {
	y, err := newYears(filepath.Join(r.partials(), "years"), readCVE5)
	if err != nil {
		return err
	}
	defer y.close()
	mirror := next == ""
	for _, a := range fetch {
		w := wish{url: a.URL, limit: maxZip, progress: func(done, total int64) { r.progress(done, total, a.Name) }}
		if mirror && len(r.st.Documents) > 0 {
			w.etag = r.st.Cursor
		}
		d, err := r.client.download(ctx, r.partials(), w)
		if err != nil {
			return err
		}
		if d.unchanged {
			r.report.Unchanged = len(r.st.Documents)
			return nil
		}
		r.report.Bytes += d.size
		if want, ok := strings.CutPrefix(a.Digest, "sha256:"); ok && want != d.sha256 {
			return errors.Join(fmt.Errorf("%s: its digest is not the one of the release", a.Name), os.Remove(d.path))
		}
		if err := r.cveZip(ctx, y, d.path, a.Name); err != nil {
			return fmt.Errorf("%s: %w", a.Name, errors.Join(err, os.Remove(d.path)))
		}
		next = cmp.Or(next, d.etag)
	}
	if y.records == 0 && all {
		return errors.New("the CVE list holds no record")
	}
	if err := r.merge(y, all); err != nil {
		return err
	}
	r.st.Cursor = next
	return nil
}

// cveZip reads the records of a zip, or of the zip in it.
func (r *run) cveZip(ctx context.Context, y *years, file, name string) error {
	z, err := zip.OpenReader(file)
	if err != nil {
		return fmt.Errorf("this is no zip: %w", err)
	}
	defer z.Close()
	if err := bearable(z.File); err != nil {
		return err
	}
	if len(z.File) == 1 && strings.HasSuffix(z.File[0].Name, ".zip") {
		inner := file + ".inner"
		defer os.Remove(inner)
		if err := unpack(z.File[0], inner, maxZip); err != nil {
			return err
		}
		if strings.HasSuffix(name, "!") {
			return errors.New("zips in zips in zips")
		}
		return r.cveZip(ctx, y, inner, name+"!")
	}
	for i, m := range z.File {
		if base := path.Base(m.Name); !strings.HasPrefix(base, "CVE-") || !strings.HasSuffix(base, ".json") {
			continue
		}
		if b, err := member(m, maxLine); err != nil {
			r.problem(m.Name, "left out: %v", err)
		} else if err := r.addRecord(y, b, m.Name); err != nil {
			return err
		}
		if i%1000 == 0 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r.progress(int64(i), int64(len(z.File)), strings.TrimSuffix(name, "!"))
		}
	}
	return nil
}

// member reads a member of a zip of at most limit bytes.
func member(m *zip.File, limit int64) ([]byte, error) {
	rc, err := m.Open()
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	b, err := io.ReadAll(io.LimitReader(rc, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%w: unpacks to more than %d bytes", ErrTooLarge, limit)
	}
	return b, err
}

// unpack writes a member of a zip to a file.
func unpack(m *zip.File, to string, limit int64) error {
	rc, err := m.Open()
	if err != nil {
		return err
	}
	defer rc.Close()
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(rc, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("%w: unpacks to more than %d bytes", ErrTooLarge, limit)
	}
	return errors.Join(err, f.Close())
}
