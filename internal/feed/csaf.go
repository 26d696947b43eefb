package feed

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// tlpLabels are those of TLP 1.0 and 2.0, as CSAF spells them.
var tlpLabels = []string{"WHITE", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"}

// takes reports whether documents with a TLP label are taken. Without a label, a
// document is public: it was found under a public label or none.
func (s Source) takes(label string) bool {
	label = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(label)), "TLP:")
	switch label {
	case "", "WHITE", "CLEAR", "UNLABELED":
		return true
	}
	return slices.ContainsFunc(s.TLP, func(l string) bool { return strings.EqualFold(l, label) })
}

// metadata is what of a provider-metadata.json leads to documents
// (CSAF 2.0, provider_json_schema.json).
type metadata struct {
	Version       string         `json:"metadata_version"`
	Publisher     any            `json:"publisher"`
	Distributions []distribution `json:"distributions"`
	Keys          []metadataKey  `json:"public_openpgp_keys"`
}

type distribution struct {
	DirectoryURL string   `json:"directory_url"`
	Directory    struct { // CSAF 2.1
		URL string `json:"url"`
		TLP string `json:"tlp_label"`
	} `json:"directory"`
	ROLIE struct {
		Feeds []struct {
			TLP string `json:"tlp_label"`
			URL string `json:"url"`
		} `json:"feeds"`
	} `json:"rolie"`
}

type metadataKey struct {
	Fingerprint string `json:"fingerprint"`
	URL         string `json:"url"`
}

// An entry is a document that a list names.
type entry struct {
	url       string
	updated   string   // as written there
	hashes    []string // URLs of digest files
	signature string   // URL; empty: none is named
	guess     bool     // digests and signature lie beside the document, if there are any
}

// A listing is what a list names. bad are lines and entries that lead to no
// document; where nothing else is there, the list is none.
type listing struct {
	entries []entry
	bad     []string
	next    string // the following page of a feed; empty on the last
}

func (l *listing) err(what string) error {
	if len(l.entries) == 0 && len(l.bad) > 0 {
		return fmt.Errorf("this is no %s: %s", what, l.bad[0])
	}
	return nil
}

// decodeMetadata reads a provider-metadata.json.
func decodeMetadata(b []byte) (*metadata, error) {
	var m metadata
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("this is no CSAF provider metadata: %w", err)
	}
	if m.Version == "" || m.Publisher == nil {
		return nil, errors.New("this is no CSAF provider metadata: it names no metadata_version or publisher")
	}
	return &m, nil
}

// lists are the lists of documents that a provider names: ROLIE feeds, and
// directories only when it has no feeds, since both name the same documents.
// withheld counts those whose label is not taken.
func (m *metadata) lists(s Source) (feeds, directories []string, withheld int) {
	for _, d := range m.Distributions {
		for _, f := range d.ROLIE.Feeds {
			switch {
			case f.URL == "":
			case s.takes(f.TLP):
				feeds = append(feeds, f.URL)
			default:
				withheld++
			}
		}
		for _, dir := range []string{d.DirectoryURL, d.Directory.URL} {
			switch {
			case dir == "":
			case s.takes(directoryLabel(dir, d.Directory.TLP)):
				directories = append(directories, dir)
			default:
				withheld++
			}
		}
	}
	if len(feeds) > 0 {
		directories = nil
	}
	return feeds, directories, withheld
}

// directoryLabel is the label of a directory: the one that is given, else its last
// part where that is a label (CSAF 2.0, 7.1.11: "TLP:WHITE" documents in white/).
func directoryLabel(dir, label string) string {
	if label != "" {
		return label
	}
	u, err := url.Parse(dir)
	if err != nil {
		return ""
	}
	if last := path.Base(u.Path); slices.Contains(tlpLabels, strings.ToUpper(last)) {
		return last
	}
	return ""
}

// rolie is what of a ROLIE feed leads to documents (CSAF 2.0, rolie_feed_json_schema.json).
type rolie struct {
	Feed *struct {
		Links   []link       `json:"link"`
		Entries []rolieEntry `json:"entry"`
	} `json:"feed"`
}

type rolieEntry struct {
	ID      string `json:"id"`
	Links   []link `json:"link"`
	Updated string `json:"updated"`
	Content struct {
		Src string `json:"src"`
	} `json:"content"`
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

// decodeROLIE reads a page of a feed. Places are relative to base.
func decodeROLIE(b []byte, base *url.URL) (*listing, error) {
	var doc rolie
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("this is no ROLIE feed: %w", err)
	}
	if doc.Feed == nil {
		return nil, errors.New("this is no ROLIE feed: it has no feed")
	}
	out := &listing{}
	for _, l := range doc.Feed.Links {
		if l.Rel != "next" {
			continue
		}
		if out.next = resolve(base, l.Href); out.next == "" {
			return nil, fmt.Errorf("the ROLIE feed has a next page that cannot be fetched: %q", l.Href)
		}
	}
	for _, e := range doc.Feed.Entries {
		if one := e.entry(base); one.url != "" {
			out.entries = append(out.entries, one)
		} else {
			out.bad = append(out.bad, fmt.Sprintf("the entry %q of the ROLIE feed names no document that can be fetched", e.ID))
		}
	}
	return out, out.err("ROLIE feed")
}

// entry is an entry of a feed as a document.
func (e rolieEntry) entry(base *url.URL) entry {
	out := entry{updated: e.Updated}
	src := e.Content.Src
	for _, l := range e.Links {
		switch l.Rel {
		case "self":
			// It is the document in CSAF's feeds; content may lack.
			if src == "" {
				src = l.Href
			}
		case "hash":
			if h := resolve(base, l.Href); h != "" {
				out.hashes = append(out.hashes, h)
			}
		case "signature":
			out.signature = resolve(base, l.Href)
		}
	}
	out.url = resolve(base, src)
	return out
}

// resolve is a reference as an absolute http(s) URL; empty when it is none.
func resolve(base *url.URL, ref string) string {
	if strings.TrimSpace(ref) == "" {
		return ""
	}
	u, err := base.Parse(ref)
	if err != nil || u.User != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	u.Fragment = ""
	return u.String()
}

// decodeChanges reads a changes.csv: path and date (CSAF 2.0, 7.1.13).
func decodeChanges(b []byte, base *url.URL) (*listing, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	out := &listing{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, out.err("changes.csv")
		}
		if err != nil {
			return nil, fmt.Errorf("changes.csv: %w", err)
		}
		line, _ := r.FieldPos(0)
		if len(row) != 2 || parseDate(row[1]).IsZero() {
			out.bad = append(out.bad, fmt.Sprintf("line %d of changes.csv is not a path and a date", line))
			continue
		}
		e, err := listed(base, row[0])
		if err != nil {
			out.bad = append(out.bad, fmt.Sprintf("line %d of changes.csv: %v", line, err))
			continue
		}
		e.updated = row[1]
		out.entries = append(out.entries, e)
	}
}

// decodeIndex reads an index.txt: one path a line (CSAF 2.0, 7.1.12).
func decodeIndex(b []byte, base *url.URL) (*listing, error) {
	out := &listing{}
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		e, err := listed(base, line)
		if err != nil {
			out.bad = append(out.bad, fmt.Sprintf("line %d of index.txt: %v", n, err))
			continue
		}
		out.entries = append(out.entries, e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("index.txt: %w", err)
	}
	return out, out.err("index.txt")
}

// listed is a document that a directory names: a JSON file below it.
func listed(base *url.URL, name string) (entry, error) {
	if path.IsAbs(name) || strings.Contains(name, "://") || strings.Contains(name, "\\") || slices.Contains(strings.Split(name, "/"), "..") || !strings.HasSuffix(strings.ToLower(name), ".json") {
		return entry{}, fmt.Errorf("%q is no JSON file below the directory", name)
	}
	u := base.JoinPath(strings.Split(name, "/")...)
	u.RawQuery, u.Fragment = "", ""
	if clean := path.Clean(u.Path); clean != u.Path || !strings.HasPrefix(clean, strings.TrimSuffix(path.Clean(base.Path), "/")+"/") {
		return entry{}, fmt.Errorf("%q is no JSON file below the directory", name)
	}
	return entry{url: u.String(), guess: true}, nil
}

// locateMetadata finds the provider metadata of a domain (CSAF 2.0, 7.1.8 to
// 7.1.10: well-known URL, security.txt, DNS path).
func (r *run) locateMetadata(ctx context.Context) (*metadata, *url.URL, error) {
	tries := []string{r.src.URL}
	if isDomain(r.src.URL) {
		tries = []string{"https://" + r.src.URL + "/.well-known/csaf/provider-metadata.json"}
		for _, at := range []string{"/.well-known/security.txt", "/security.txt"} {
			if b, err := r.client.get(ctx, "https://"+r.src.URL+at, maxKey); err == nil {
				tries = append(tries, securityTxt(b)...)
				break
			}
		}
		tries = append(tries, "https://csaf.data.security."+r.src.URL+"/")
	}
	var errs []error
	for _, address := range tries {
		b, err := r.client.get(ctx, address, maxMetadata)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		m, err := decodeMetadata(b)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", plain(address), err))
			continue
		}
		base, err := parseAddress(address)
		return m, base, err
	}
	return nil, nil, errors.Join(errs...)
}

// securityTxt are the CSAF fields of a security.txt (CSAF 2.0, 7.1.8).
func securityTxt(b []byte) []string {
	var out []string
	for line := range strings.Lines(string(b)) {
		name, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if ok && strings.EqualFold(strings.TrimSpace(name), "CSAF") && strings.HasPrefix(value, "https://") && len(out) < 10 {
			out = append(out, value)
		}
	}
	return out
}
