package feed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// ErrTooLarge is the error of a document that is larger than its kind may be.
var ErrTooLarge = errors.New("larger than allowed")

// A statusError is an answer that is no document.
type statusError struct {
	url  string
	code int
}

func (e *statusError) Error() string {
	return fmt.Sprintf("%s: the server answered %d %s", e.url, e.code, http.StatusText(e.code))
}

// missing reports whether the server says that there is no such document.
func missing(err error) bool {
	var s *statusError
	return errors.As(err, &s) && (s.code == http.StatusNotFound || s.code == http.StatusGone)
}

// A passing error is worth another try, after a while if the server says so.
type passing struct {
	err   error
	after time.Duration
}

func (e *passing) Error() string { return e.err.Error() }
func (e *passing) Unwrap() error { return e.err }

// plain is a URL as it may be shown and kept: without query, fragment and user,
// which could hold a token.
func plain(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "a URL that cannot be read"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// A wish is a document that is asked for.
type wish struct {
	url                string
	etag, lastModified string // of what is here; asked conditionally
	limit              int64  // bytes
	accept             string
	progress           func(done, total int64)
}

// A download is the answer to a wish.
type download struct {
	unchanged          bool
	path               string // of the finished file, to be adopted or removed
	sha256             string
	size               int64
	etag, lastModified string
}

// partial is what is known of a file that is not whole yet.
type partial struct {
	URL          string `json:"url"`
	ETag         string `json:"etag"`
	LastModified string `json:"last_modified"`
}

// download fetches a document into a file in dir. What is interrupted goes on from
// there the next time, unless the document has changed meanwhile.
func (c *client) download(ctx context.Context, dir string, w wish) (*download, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(w.url))
	part := filepath.Join(dir, hex.EncodeToString(sum[:16])+".part")
	var out *download
	err := c.try(ctx, w.url, func(ctx context.Context) error {
		var err error
		out, err = c.once(ctx, part, w)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !out.unchanged {
		if out.sha256, out.size, err = digest(part); err != nil {
			return nil, err
		}
		out.path = part
		_ = os.Remove(part + ".json")
	}
	return out, nil
}

func (c *client) once(ctx context.Context, part string, w wish) (*download, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url, nil)
	if err != nil {
		return nil, err
	}
	// The bytes as they are stored there: digests and ranges are of those.
	req.Header.Set("Accept-Encoding", "identity")
	if w.accept != "" {
		req.Header.Set("Accept", w.accept)
	}
	have := resumable(part, w.url)
	if have > 0 {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(have, 10)+"-")
		req.Header.Set("If-Range", readPartial(part).validator())
	} else {
		conditional(req, w)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.netError(err)
	}
	defer resp.Body.Close()
	out := &download{etag: resp.Header.Get("ETag"), lastModified: resp.Header.Get("Last-Modified")}
	switch resp.StatusCode {
	case http.StatusNotModified:
		out.unchanged = true
		return out, nil
	case http.StatusPartialContent:
		if start, ok := rangeStart(resp.Header.Get("Content-Range")); !ok || start != have {
			_ = os.Remove(part)
			return nil, &passing{err: fmt.Errorf("%s: the server sent another part than was asked for", plain(w.url))}
		}
	case http.StatusRequestedRangeNotSatisfiable:
		if resp.Header.Get("Content-Range") == fmt.Sprintf("bytes */%d", have) {
			// It was whole already when the last run was interrupted.
			p := readPartial(part)
			out.etag, out.lastModified = p.ETag, p.LastModified
			return out, nil
		}
		_ = os.Remove(part)
		return nil, &passing{err: &statusError{plain(w.url), resp.StatusCode}}
	case http.StatusOK:
		have = 0
	default:
		return nil, refused(resp, w.url)
	}
	if resp.ContentLength >= 0 && have+resp.ContentLength > w.limit {
		return nil, fmt.Errorf("%s: %w: %d bytes, at most %d", plain(w.url), ErrTooLarge, have+resp.ContentLength, w.limit)
	}
	return out, c.store(ctx, resp, part, have, w)
}

// store writes a body behind what is in the file already.
func (c *client) store(ctx context.Context, resp *http.Response, part string, have int64, w wish) error {
	p := partial{URL: w.url, ETag: resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified")}
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if have == 0 {
		flags |= os.O_TRUNC
		_ = os.Remove(part + ".json")
		_ = os.Remove(part + ".json")
	}
	f, err := os.OpenFile(part, flags, 0o644)
	if err != nil {
		return err
	}
	if have == 0 && p.validator() != "" {
		p.URL = urlKey(w.url)
		b, _ := json.Marshal(p)
		if err := os.WriteFile(part+".json", b, 0o644); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	total := int64(0)
	if resp.ContentLength >= 0 {
		total = have + resp.ContentLength
	}
	body := &watched{r: resp.Body, done: have, total: total, report: w.progress, close: resp.Body.Close}
	body.timer = time.AfterFunc(stallTimeout, func() { _ = body.close() })
	defer body.timer.Stop()
	n, err := io.Copy(f, io.LimitReader(body, w.limit-have+1))
	if cerr := errors.Join(f.Sync(), f.Close()); cerr != nil {
		return errors.Join(err, cerr)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &passing{err: fmt.Errorf("%s: cut off after %d bytes: %w", plain(w.url), have+n, scrub(err))}
	case have+n > w.limit:
		_ = os.Remove(part)
		return fmt.Errorf("%s: %w: more than %d bytes", plain(w.url), ErrTooLarge, w.limit)
	case total > 0 && have+n != total:
		return &passing{err: fmt.Errorf("%s: %d bytes of %d came", plain(w.url), have+n, total)}
	}
	return nil
}

// get fetches a small document into memory.
func (c *client) get(ctx context.Context, address string, limit int64) ([]byte, error) {
	var out []byte
	err := c.try(ctx, address, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		resp, err := c.http.Do(req)
		if err != nil {
			return c.netError(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return refused(resp, address)
		}
		body := &watched{r: resp.Body, close: resp.Body.Close}
		body.timer = time.AfterFunc(stallTimeout, func() { _ = body.close() })
		defer body.timer.Stop()
		var b bytes.Buffer
		n, err := b.ReadFrom(io.LimitReader(body, limit+1))
		switch {
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return &passing{err: fmt.Errorf("%s: cut off: %w", plain(address), scrub(err))}
		case n > limit:
			return fmt.Errorf("%s: %w: more than %d bytes", plain(address), ErrTooLarge, limit)
		}
		out = b.Bytes()
		return nil
	})
	return out, err
}

// try does a request, and again after a while when that can help.
func (c *client) try(ctx context.Context, address string, do func(context.Context) error) error {
	u, err := parseAddress(address)
	if err != nil {
		return err
	}
	release, err := c.slot(ctx, u.Host)
	if err != nil {
		return err
	}
	defer release()
	for n := 1; ; n++ {
		err := do(ctx)
		var again *passing
		if err == nil || ctx.Err() != nil || !errors.As(err, &again) {
			return errors.Join(ctx.Err(), err)
		}
		if n == maxTries {
			return fmt.Errorf("%w (tried %d times)", again.err, n)
		}
		wait := max(again.after, time.Duration(rand.Int64N(int64(time.Second)))+time.Second<<(n-1))
		if again.after > maxWait {
			return fmt.Errorf("%w: the server asks to come back in %s", again.err, again.after.Round(time.Second))
		}
		select {
		case <-c.opts.wait(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// refused is the error of an answer without a document.
func refused(resp *http.Response, address string) error {
	err := &statusError{plain(address), resp.StatusCode}
	switch resp.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &passing{err, retryAfter(resp.Header.Get("Retry-After"), resp.Header.Get("Date"))}
	}
	return err
}

// retryAfter reads seconds, or a date as the distance from the server's own clock.
func retryAfter(v, date string) time.Duration {
	if n, err := strconv.Atoi(v); err == nil && n >= 0 {
		return time.Duration(min(n, 1<<20)) * time.Second
	}
	at, err := http.ParseTime(v)
	now, err2 := http.ParseTime(date)
	if err != nil || err2 != nil {
		return 0
	}
	return max(0, at.Sub(now))
}

// netError is an error of the connection: passing, unless the wall refused it or
// the certificate is not trusted.
func (c *client) netError(err error) error {
	err = scrub(err)
	var dns *net.DNSError
	switch {
	case errors.Is(err, ErrForbidden), strings.Contains(err.Error(), "x509:"), strings.Contains(err.Error(), "redirects"):
		return err
	case errors.As(err, &dns) && dns.IsNotFound:
		return err
	}
	return &passing{err: err}
}

// scrub takes the query of URLs out of an error of net/http.
func scrub(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("%s: %w", plain(u.URL), u.Err)
	}
	return err
}

func conditional(req *http.Request, w wish) {
	if w.etag != "" {
		req.Header.Set("If-None-Match", w.etag)
	}
	if w.lastModified != "" {
		req.Header.Set("If-Modified-Since", w.lastModified)
	}
}

// resumable is how much of a document is in a file that can be gone on with.
func resumable(part, address string) int64 {
	info, err := os.Stat(part)
	if p := readPartial(part); err == nil && p.URL == urlKey(address) && p.validator() != "" {
		return info.Size()
	}
	return 0
}

// urlKey names a URL in a note on disk; a query can hold a token, so its digest.
func urlKey(address string) string {
	sum := sha256.Sum256([]byte(address))
	return hex.EncodeToString(sum[:])
}

func readPartial(part string) partial {
	var p partial
	b, err := os.ReadFile(part + ".json")
	if err != nil || json.Unmarshal(b, &p) != nil {
		return partial{}
	}
	return p
}

// validator is what If-Range may hold: a strong ETag, or a date (RFC 9110, 13.1.5).
func (p partial) validator() string {
	if p.ETag != "" {
		if strings.HasPrefix(p.ETag, "W/") {
			return ""
		}
		return p.ETag
	}
	return p.LastModified
}

func rangeStart(v string) (int64, bool) {
	v, ok := strings.CutPrefix(v, "bytes ")
	start, _, ok2 := strings.Cut(v, "-")
	n, err := strconv.ParseInt(start, 10, 64)
	return n, ok && ok2 && err == nil
}

// watched is a body that is closed when no byte comes for a while.
type watched struct {
	r           io.Reader
	close       func() error
	timer       *time.Timer
	done, total int64
	report      func(done, total int64)
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.timer.Reset(stallTimeout)
	w.done += int64(n)
	if w.report != nil && n > 0 {
		w.report(w.done, w.total)
	}
	return n, err
}
