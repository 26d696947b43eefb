package feed

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/wardbook/wardbook"
)

// A Kind is how a source is read.
type Kind string

// The kinds of sources.
const (
	// CSAFProvider is a provider-metadata.json (CSAF 2.0, 7.1.7), or the domain
	// under which it is found (7.1.8 to 7.1.10).
	CSAFProvider Kind = "csaf-provider"
	// CSAFROLIE is one ROLIE feed of CSAF documents (CSAF 2.0, 7.1.15; RFC 8322).
	CSAFROLIE Kind = "csaf-rolie"
	// CSAFDirectory is a folder with changes.csv or index.txt (CSAF 2.0, 7.1.11 to 7.1.13).
	CSAFDirectory Kind = "csaf-directory"
	// OSV is one zip of records per ecosystem.
	OSV Kind = "osv"
	// KEV is CISA's catalogue of known exploited vulnerabilities, JSON.
	KEV Kind = "kev"
	// EPSS is FIRST's scores of one day, CSV, compressed by gzip.
	EPSS Kind = "epss"
	// NVD is the CVE API 2.0.
	NVD Kind = "nvd"
	// CVEList is the CVE list as zips: all records at midnight, and what changed since.
	CVEList Kind = "cvelist"
)

// Kinds are all kinds of sources.
var Kinds = []Kind{CSAFProvider, CSAFROLIE, CSAFDirectory, OSV, KEV, EPSS, NVD, CVEList}

// Advisories are the kinds whose documents are security advisories; Records are
// those whose documents are vulnerability records.
var (
	Advisories = []Kind{CSAFProvider, CSAFROLIE, CSAFDirectory}
	Records    = []Kind{OSV, NVD, CVEList}
)

// upstream are the public addresses of sources that have one.
var upstream = map[Kind]string{
	OSV:     "https://osv-vulnerabilities.storage.googleapis.com/",
	KEV:     "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
	EPSS:    "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz",
	NVD:     "https://services.nvd.nist.gov/rest/json/cves/2.0",
	CVEList: "https://api.github.com/repos/CVEProject/cvelistV5/releases?per_page=100",
}

// A Source is one place that documents come from. Its JSON and YAML spelling are
// those of feeds.yaml.
type Source struct {
	// ID names the source: lower-case letters, digits, "-" and ".".
	ID   string `json:"id" yaml:"id"`
	Kind Kind   `json:"kind" yaml:"kind"`
	// URL is where it begins: of the metadata, the ROLIE feed, the directory, the
	// file or the API. Empty means the public address of the kind.
	URL string `json:"url,omitempty" yaml:"url,omitempty"`
	// Ecosystems are those of OSV to fetch, as OSV spells them.
	Ecosystems []string `json:"ecosystems,omitempty" yaml:"ecosystems,omitempty"`
	// TLP are labels of CSAF documents to take beside WHITE and CLEAR.
	TLP []string `json:"tlp,omitempty" yaml:"tlp,omitempty"`
	// KeyURLs are OpenPGP keys of a CSAF publisher beside those that its metadata names.
	KeyURLs []string `json:"key_urls,omitempty" yaml:"key_urls,omitempty"`
	// Fingerprints, when given, are the only OpenPGP keys that count, hex.
	Fingerprints []string `json:"fingerprints,omitempty" yaml:"fingerprints,omitempty"`
	// Signed keeps CSAF documents aside whose signature was not verified.
	Signed bool `json:"signed,omitempty" yaml:"signed,omitempty"`
	// APIKeyFile holds the key of NVD's API, which raises its rate limit. The key
	// itself stands in no configuration, index, log or bundle.
	APIKeyFile string `json:"-" yaml:"api_key_file,omitempty"`
}

// Address is the URL that a source begins with.
func (s Source) Address() string {
	if s.URL == "" {
		return upstream[s.Kind]
	}
	return s.URL
}

// advisory reports whether the source gives CSAF documents.
func (s Source) advisory() bool { return slices.Contains(Advisories, s.Kind) }

var sourceID = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}$`)

// Validate names all faults of a source.
func (s Source) Validate() error {
	var ps wardbook.Problems
	if !sourceID.MatchString(s.ID) {
		ps.Add("id", "%q is no id of a source: lower-case letters, digits, - and . are allowed, at most 64", s.ID)
	}
	if !slices.Contains(Kinds, s.Kind) {
		ps.Add("kind", "unknown kind %q: %s are known", s.Kind, join(Kinds))
		return ps.Err()
	}
	if s.Address() == "" {
		ps.Add("url", "a source of kind %s needs a URL", s.Kind)
	} else if err := checkAddress(s); err != nil {
		ps.Add("url", "%v", err)
	}
	if s.Kind == OSV && len(s.Ecosystems) == 0 {
		ps.Add("ecosystems", "name the ecosystems to fetch, such as Debian or PyPI")
	}
	if s.Kind != OSV && len(s.Ecosystems) > 0 {
		ps.Add("ecosystems", "only a source of kind osv has ecosystems")
	}
	for _, e := range s.Ecosystems {
		if e == "" || strings.ContainsAny(e, "/\\?#") || e == "." || e == ".." {
			ps.Add("ecosystems", "%q is no ecosystem", e)
		}
	}
	if !s.advisory() && (s.Signed || len(s.TLP)+len(s.KeyURLs)+len(s.Fingerprints) > 0) {
		ps.Add("kind", "signatures and TLP labels are of CSAF sources only")
	}
	for _, l := range s.TLP {
		if !slices.Contains(tlpLabels, strings.ToUpper(l)) {
			ps.Add("tlp", "%q is no label: %s are known", l, strings.Join(tlpLabels, ", "))
		}
	}
	for _, u := range s.KeyURLs {
		if _, err := parseAddress(u); err != nil {
			ps.Add("key_urls", "%v", err)
		}
	}
	for _, f := range s.Fingerprints {
		if !isHex(normalFingerprint(f), 40, 64) {
			ps.Add("fingerprints", "%q is no fingerprint: 40 or 64 hex digits", f)
		}
	}
	if s.APIKeyFile != "" && s.Kind != NVD {
		ps.Add("api_key_file", "only a source of kind nvd has an API key")
	}
	return ps.Err()
}

func checkAddress(s Source) error {
	if s.Kind == CSAFProvider && isDomain(s.URL) {
		return nil
	}
	_, err := parseAddress(s.Address())
	return err
}

var domain = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,63}$`)
})

func isDomain(s string) bool { return domain().MatchString(s) }

// parseAddress reads an absolute http(s) URL without user and password.
func parseAddress(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is no URL", s)
	case u.User != nil:
		return nil, fmt.Errorf("a URL must not hold user and password: %s", u.Redacted())
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, fmt.Errorf("%q is no https URL", s)
	}
	return u, nil
}

func isHex(s string, lengths ...int) bool {
	for _, r := range s {
		if !strings.ContainsRune("0123456789abcdef", r) {
			return false
		}
	}
	return slices.Contains(lengths, len(s))
}

func join(kinds []Kind) string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return strings.Join(out, ", ")
}
