package feed

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Limits of what archives unpack to, in bytes, and of their members.
const (
	maxUnpacked = 32 << 30
	maxMember   = 256 << 20
	maxMembers  = 2_000_000
)

// maxEPSS is what a table of scores unpacks to at most; tests set it.
var maxEPSS int64 = 512 << 20

// fetchOSV fetches one zip per ecosystem. One that fails does not keep the others
// from being fetched.
func (r *run) fetchOSV(ctx context.Context) error {
	base := strings.TrimRight(r.src.Address(), "/") + "/"
	var errs []error
	var listed []string
	for _, e := range r.src.Ecosystems {
		address := base + url.PathEscape(e) + "/all.zip"
		listed = append(listed, plain(address))
		if err := r.single(ctx, e+".zip", address, maxZip, checkZip); err != nil {
			if ctx.Err() != nil {
				return err
			}
			errs = append(errs, fmt.Errorf("%s: %w", e, err))
		}
		if err := r.idx.save(r.f.dir); err != nil {
			return err
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	r.st.at = nil
	r.st.Documents = slices.DeleteFunc(r.st.Documents, func(d Document) bool { return !slices.Contains(listed, d.URL) })
	return nil
}

// checkKEV looks whether a file is the catalogue, and when it was released.
func checkKEV(path string) (time.Time, error) {
	f, err := os.Open(path)
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	var doc struct {
		Released        string `json:"dateReleased"`
		Vulnerabilities []struct {
			CVE   string `json:"cveID"`
			Added string `json:"dateAdded"`
		} `json:"vulnerabilities"`
	}
	if err := json.UnmarshalRead(f, &doc); err != nil {
		return time.Time{}, fmt.Errorf("this is no KEV catalogue: %w", err)
	}
	if len(doc.Vulnerabilities) == 0 || doc.Vulnerabilities[0].CVE == "" {
		return time.Time{}, errors.New("this is no KEV catalogue: it names no vulnerability")
	}
	newest := parseDate(doc.Released)
	if newest.IsZero() {
		for _, v := range doc.Vulnerabilities {
			newest = later(newest, parseDate(v.Added))
		}
	}
	return newest, nil
}

// checkEPSS looks whether a file is whole and a table of scores, and of which day.
func checkEPSS(path string) (time.Time, error) {
	f, err := os.Open(path)
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return time.Time{}, fmt.Errorf("this is no EPSS table compressed by gzip: %w", err)
	}
	in := &io.LimitedReader{R: z, N: maxEPSS + 1}
	lines := bufio.NewScanner(in)
	var newest time.Time
	header, n := false, 0
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#"):
			for _, part := range strings.Split(strings.TrimPrefix(line, "#"), ",") {
				if day, ok := strings.CutPrefix(part, "score_date:"); ok {
					newest = parseDate(day)
				}
			}
		case !header:
			if header = strings.HasPrefix(line, "cve,epss"); !header {
				return newest, errors.New("this is no EPSS table: its header is not cve,epss")
			}
		default:
			n++
		}
	}
	if err := lines.Err(); err != nil {
		return newest, fmt.Errorf("the EPSS table is damaged: %w", err)
	}
	if in.N <= 0 {
		return newest, fmt.Errorf("the EPSS table: %w: unpacks to more than %d bytes", ErrTooLarge, maxEPSS)
	}
	if n == 0 {
		return newest, errors.New("the EPSS table holds no score")
	}
	return newest, nil
}

// checkZip looks whether a file is a whole zip that unpacks to something bearable.
func checkZip(path string) (time.Time, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return time.Time{}, fmt.Errorf("this is no zip: %w", err)
	}
	defer z.Close()
	if err := bearable(z.File); err != nil {
		return time.Time{}, err
	}
	return time.Time{}, nil
}

// bearable refuses archives that unpack to absurd sizes.
func bearable(files []*zip.File) error {
	if len(files) == 0 {
		return errors.New("the zip is empty")
	}
	if len(files) > maxMembers {
		return fmt.Errorf("the zip: %w: %d members", ErrTooLarge, len(files))
	}
	var total uint64
	for _, m := range files {
		if m.UncompressedSize64 > maxUnpacked {
			return fmt.Errorf("the zip: %w: %q unpacks to %d bytes", ErrTooLarge, m.Name, m.UncompressedSize64)
		}
		if total += m.UncompressedSize64; total > maxUnpacked {
			return fmt.Errorf("the zip: %w: it unpacks to more than %d bytes", ErrTooLarge, int64(maxUnpacked))
		}
	}
	return nil
}

// parseDate reads the dates of the field's formats; zero when it is none.
func parseDate(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05.999", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1970 {
			return t.UTC()
		}
	}
	return time.Time{}
}

func httpDate(s string) time.Time {
	t, err := http.ParseTime(s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
