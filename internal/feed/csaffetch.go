package feed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

const (
	maxPages   = 10_000  // of a ROLIE feed
	maxEntries = 1 << 20 // documents of a source
	// maxFailures in a row, other than "not found", end a fetch: the server is
	// away, and asking on would take for ever.
	maxFailures = 20
)

// fetchCSAF brings the documents of a CSAF source that are new or changed.
func (r *run) fetchCSAF(ctx context.Context) error {
	entries, named, err := r.listCSAF(ctx)
	if err != nil {
		return err
	}
	keys, err := r.fetchKeys(ctx, named)
	if err != nil {
		return err
	}
	r.verifyAgain(keys)
	return r.documents(ctx, entries, keys)
}

// documents brings several at once.
func (r *run) documents(ctx context.Context, entries []entry, keys *keyRing) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	work := make(chan entry)
	var wg sync.WaitGroup
	var done, failures int
	for range perHost {
		wg.Go(func() {
			for e := range work {
				err := r.document(ctx, e, keys)
				r.mu.Lock()
				done++
				r.progress(int64(done), int64(len(entries)), path.Base(e.url))
				switch {
				case err == nil, missing(err):
					failures = 0
				default:
					failures++
				}
				if failures >= maxFailures {
					stop(fmt.Errorf("%d documents in a row could not be fetched, the last: %w", failures, err))
				}
				if err := r.save(); err != nil {
					stop(err)
				}
				r.mu.Unlock()
			}
		})
	}
	for _, e := range entries {
		select {
		case work <- e:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(work)
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.unlisted(entries)
	return nil
}

// unlisted marks documents that the list does not name any more. They stay in use:
// that a list lost a line says nothing about the devices.
func (r *run) unlisted(entries []entry) {
	in := make(map[string]bool, len(entries))
	for _, e := range entries {
		in[plain(e.url)] = true
	}
	for i := range r.st.Documents {
		d := &r.st.Documents[i]
		switch {
		case in[d.URL]:
			d.Unlisted = time.Time{}
		case d.Unlisted.IsZero():
			d.Unlisted = r.now()
			r.problem(d.Name, "the publisher's list does not name it any more; it stays in use")
			r.report.Unlisted++
		default:
			r.report.Unlisted++
		}
	}
}

// listCSAF is what the source names, each document once.
func (r *run) listCSAF(ctx context.Context) ([]entry, []metadataKey, error) {
	var feeds, directories []string
	var keys []metadataKey
	switch r.src.Kind {
	case CSAFROLIE:
		feeds = []string{r.src.URL}
	case CSAFDirectory:
		directories = []string{r.src.URL}
	default:
		m, base, err := r.locateMetadata(ctx)
		if err != nil {
			return nil, nil, err
		}
		feeds, directories, r.report.Withheld = m.lists(r.src)
		if len(feeds)+len(directories) == 0 {
			return nil, nil, fmt.Errorf("%s: the provider metadata names no list of documents that may be taken (TLP labels: %d lists withheld)", plain(base.String()), r.report.Withheld)
		}
		feeds, directories = absolute(base, feeds), absolute(base, directories)
		keys = m.Keys
	}
	var all []entry
	for _, address := range feeds {
		entries, err := r.listROLIE(ctx, address)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, entries...)
	}
	for _, address := range directories {
		entries, err := r.listDirectory(ctx, address)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, entries...)
	}
	seen := make(map[string]bool, len(all))
	out := all[:0]
	for _, e := range all {
		if !seen[e.url] {
			seen[e.url] = true
			out = append(out, e)
		}
	}
	if len(out) > maxEntries {
		return nil, nil, fmt.Errorf("%w: %d documents are listed", ErrTooLarge, len(out))
	}
	return out, keys, nil
}

func absolute(base *url.URL, refs []string) []string {
	var out []string
	for _, ref := range refs {
		if u := resolve(base, ref); u != "" {
			out = append(out, u)
		}
	}
	return out
}

// listROLIE reads a feed with all its pages.
func (r *run) listROLIE(ctx context.Context, address string) ([]entry, error) {
	var out []entry
	seen := map[string]bool{}
	for address != "" {
		if seen[address] || len(seen) >= maxPages {
			return nil, fmt.Errorf("%s: the pages of the feed go round in a circle or never end", plain(address))
		}
		seen[address] = true
		b, err := r.client.get(ctx, address, maxList)
		if err != nil {
			return nil, err
		}
		base, err := parseAddress(address)
		if err != nil {
			return nil, err
		}
		page, err := decodeROLIE(b, base)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", plain(address), err)
		}
		out = append(out, r.named(page)...)
		r.progress(0, 0, fmt.Sprintf("%d documents listed", len(out)))
		address = page.next
	}
	return out, nil
}

// listDirectory reads changes.csv, else index.txt.
func (r *run) listDirectory(ctx context.Context, address string) ([]entry, error) {
	base, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(base.Path, ".txt") || strings.HasSuffix(base.Path, ".csv") {
		base = base.JoinPath("..") // the list was named in place of its directory
	}
	decode := decodeChanges
	b, err := r.client.get(ctx, base.JoinPath("changes.csv").String(), maxList)
	if missing(err) {
		decode = decodeIndex
		b, err = r.client.get(ctx, base.JoinPath("index.txt").String(), maxList)
	}
	if err != nil {
		return nil, err
	}
	list, err := decode(b, base)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", plain(base.String()), err)
	}
	return r.named(list), nil
}

// named are the documents of a list. What leads to none is told: it may have been
// meant to.
func (r *run) named(l *listing) []entry {
	for _, bad := range l.bad {
		r.count(&r.report.Missing)
		r.problem("", "%s", bad)
	}
	return l.entries
}

// document brings one document, when it is new or listed with another date. The
// error is one of the network; what is wrong with the document is in the report.
func (r *run) document(ctx context.Context, e entry, keys *keyRing) error {
	address := plain(e.url)
	r.mu.Lock()
	have, known := r.st.document(address)
	r.mu.Unlock()
	known = known && r.f.holds(have)
	if known && e.updated != "" && have.Listed == e.updated {
		r.count(&r.report.Unchanged)
		return nil
	}
	w := wish{url: e.url, limit: maxAdvisory, accept: "application/json"}
	if known {
		w.etag, w.lastModified = have.ETag, have.LastModified
	}
	d, err := r.client.download(ctx, r.partials(), w)
	if err != nil {
		return r.lost(ctx, address, err)
	}
	if d.unchanged && known {
		have.Listed = e.updated
		r.mu.Lock()
		defer r.mu.Unlock()
		r.report.Unchanged++
		r.st.put(have)
		return nil
	}
	b, err := os.ReadFile(d.path)
	if err != nil {
		return err
	}
	doc := Document{
		Source: r.src.ID, Kind: r.src.Kind, Name: nameOf(address), URL: address, SHA256: d.sha256, Size: d.size,
		ETag: d.etag, LastModified: d.lastModified, Listed: e.updated, Fetched: r.now(),
	}
	if err := r.proof(ctx, &doc, b, e, keys); err != nil {
		return r.lost(ctx, address, err)
	}
	if err := adopt(d.path, r.f.Path(doc)); err != nil {
		return err
	}
	r.settle(doc, have, known)
	return nil
}

// nameOf is the last part of a URL.
func nameOf(address string) string {
	if name := path.Base(address); name != "." && name != "/" {
		return name
	}
	return "document.json"
}

// lost notes a document that could not be fetched.
func (r *run) lost(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.count(&r.report.Missing)
	r.problem(path.Base(address), "%v", err)
	return err
}

func (r *run) count(n *int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*n++
}

// settle puts a document into use, or aside.
func (r *run) settle(doc, have Document, known bool) {
	if doc.Aside != "" {
		r.problem(doc.Name, "kept aside: %s", doc.Aside)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Bytes += doc.Size
	switch {
	case doc.Aside != "":
		r.report.Aside++
		r.st.setAside(doc)
		return
	case !known:
		r.report.New++
	case have.SHA256 == doc.SHA256:
		r.report.Unchanged++
	default:
		r.report.Changed++
	}
	r.st.put(doc)
}

// proof holds a document against the publisher's digests and signature, and looks
// whether it is a CSAF document that may be taken. What is wrong is in doc.Aside;
// the error is one of the network.
func (r *run) proof(ctx context.Context, doc *Document, b []byte, e entry, keys *keyRing) error {
	if err := r.proveHash(ctx, doc, b, e); err != nil || doc.Aside != "" {
		return err
	}
	if err := r.proveSignature(ctx, doc, b, e, keys); err != nil || doc.Aside != "" {
		return err
	}
	if r.src.Signed && doc.Signature != SignatureVerified {
		doc.Aside = unsigned(doc.Signature)
		return nil
	}
	newest, label, err := checkCSAF(b)
	switch {
	case err != nil:
		doc.Aside = err.Error()
	case !r.src.takes(label):
		doc.Aside = fmt.Sprintf("it is labelled TLP:%s, which is not taken", label)
	}
	doc.Newest = newest
	return nil
}

func (r *run) proveHash(ctx context.Context, doc *Document, b []byte, e entry) error {
	hashes := e.hashes
	if e.guess {
		hashes = []string{e.url + ".sha512", e.url + ".sha256"}
	}
	for _, kind := range []string{"sha512", "sha256"} {
		for _, h := range hashes {
			if !strings.HasSuffix(strings.ToLower(plain(h)), "."+kind) {
				continue
			}
			text, err := r.client.get(ctx, h, maxKey)
			if e.guess && missing(err) {
				continue
			}
			if err != nil {
				return err
			}
			doc.Hash = kind
			if err := fits(kind, text, b); err != nil {
				doc.Aside = err.Error()
			}
			return nil
		}
	}
	return nil
}

// fits holds a document against a digest file: hex digits, then often its name.
func fits(kind string, text, b []byte) error {
	sum512, sum256 := sha512.Sum512(b), sha256.Sum256(b)
	got := sum512[:]
	if kind == "sha256" {
		got = sum256[:]
	}
	fields := bytes.Fields(text)
	if len(fields) == 0 || !isHex(strings.ToLower(string(fields[0])), 2*len(got)) {
		return fmt.Errorf("the publisher's .%s file holds no digest", kind)
	}
	if want := strings.ToLower(string(fields[0])); want != hex.EncodeToString(got) {
		return fmt.Errorf("its digest is not the one in the publisher's .%s file", kind)
	}
	return nil
}

func (r *run) proveSignature(ctx context.Context, doc *Document, b []byte, e entry, keys *keyRing) error {
	doc.Signature = SignatureNone
	address := e.signature
	if e.guess {
		address = e.url + ".asc"
	}
	if address == "" {
		return nil
	}
	sig, err := r.client.get(ctx, address, maxKey)
	if e.guess && missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	sum := sha256.Sum256(sig)
	doc.SignatureSHA256 = hex.EncodeToString(sum[:])
	if err := keep(sig, r.f.SignaturePath(*doc)); err != nil {
		return err
	}
	doc.Signature, doc.Signer, err = keys.verify(b, sig, r.now())
	if doc.Signature == SignatureBad {
		doc.Aside = "its signature is bad"
		if err != nil {
			doc.Aside += ": " + err.Error()
		}
	}
	return nil
}

// checkCSAF looks whether bytes are a CSAF document, when it was last revised, and
// its TLP label.
func checkCSAF(b []byte) (newest time.Time, label string, err error) {
	var doc struct {
		Document *struct {
			Version      string `json:"csaf_version"`
			Distribution struct {
				TLP struct {
					Label string `json:"label"`
				} `json:"tlp"`
			} `json:"distribution"`
			Tracking struct {
				ID      string `json:"id"`
				Current string `json:"current_release_date"`
			} `json:"tracking"`
		} `json:"document"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return newest, "", fmt.Errorf("it is no CSAF document: %w", err)
	}
	if doc.Document == nil || doc.Document.Version == "" || doc.Document.Tracking.ID == "" {
		return newest, "", errors.New("it is no CSAF document: csaf_version or tracking id is missing")
	}
	return parseDate(doc.Document.Tracking.Current), strings.ToUpper(doc.Document.Distribution.TLP.Label), nil
}
