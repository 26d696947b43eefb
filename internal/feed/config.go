package feed

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/wardbook/wardbook"
)

const configFile = "feeds.yaml"

// config is feeds.yaml.
type config struct {
	Network network  `yaml:"network,omitempty"`
	Trust   []string `yaml:"trust,omitempty"` // keys of bundles, in the encoding of sumdb/note
	Sources []Source `yaml:"sources,omitempty"`
}

// network says how the world is reached.
type network struct {
	// Proxy is the URL of an outbound proxy.
	Proxy string `yaml:"proxy,omitempty"`
	// CAFile holds certificates, PEM, that are trusted beside those of the system.
	CAFile string `yaml:"ca_file,omitempty"`
	// Allow are internal mirrors: host names, addresses or networks (CIDR) that may
	// be private, use any port, and plain http.
	Allow []string `yaml:"allow,omitempty"`
}

const configHead = `# Where Wardbook fetches advisories and vulnerability data, and how it reaches them.
# wardbook feeds add and remove change the list; everything can be edited here too.
#
# network:
#   proxy: http://proxy.example:3128
#   ca_file: /etc/ssl/hospital-ca.pem
#   allow: [mirror.example, 10.20.0.0/16]   # internal mirrors: host, address or network
# trust:                                    # keys of offline bundles
#   - wardbook-feeds-1a2b3c4d+…
`

func readConfig(dir string) (*config, []byte, error) {
	path := filepath.Join(dir, configFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &config{}, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	c, err := decodeConfig(b)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, b, nil
}

func decodeConfig(b []byte) (*config, error) {
	var c config
	if len(bytes.TrimSpace(b)) > 0 {
		if err := yaml.UnmarshalWithOptions(b, &c, yaml.Strict()); err != nil && !errors.Is(err, errEmptyYAML) {
			return nil, err
		}
	}
	return &c, c.validate()
}

var errEmptyYAML = errors.New("EOF")

func (c *config) validate() error {
	var ps wardbook.Problems
	seen := map[string]bool{}
	for i, s := range c.Sources {
		place := fmt.Sprintf("sources[%d]", i)
		if err := s.Validate(); err != nil {
			var inv *wardbook.Invalid
			if errors.As(err, &inv) {
				for _, p := range inv.Problems {
					ps.Add(place+"."+p.Place, "%s", p.Message)
				}
			}
		}
		if seen[s.ID] {
			ps.Add(place, "the id %q stands twice", s.ID)
		}
		seen[s.ID] = true
	}
	for _, a := range c.Network.Allow {
		if _, err := netip.ParsePrefix(a); err != nil {
			if _, err := netip.ParseAddr(a); err != nil && !hostName().MatchString(a) {
				ps.Add("network.allow", "%q is no host, address or network", a)
			}
		}
	}
	if p := c.Network.Proxy; p != "" {
		if u, err := url.Parse(p); err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) {
			ps.Add("network.proxy", "this is no URL of a proxy, such as http://proxy.example:3128")
		}
	}
	for _, k := range c.Trust {
		if _, err := newVerifier(k); err != nil {
			ps.Add("trust", "%v", err)
		}
	}
	return ps.Err()
}

// addToConfig appends a source to the text of feeds.yaml and keeps the rest of it,
// comments included.
func addToConfig(text []byte, s Source) ([]byte, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		text = []byte(configHead)
	}
	one, err := yaml.Marshal(map[string][]Source{"sources": {s}})
	if err != nil {
		return nil, err
	}
	seq, file, err := sourcesNode(text)
	if err != nil {
		return nil, err
	}
	if seq == nil {
		return append(bytes.TrimRight(text, "\n"), append([]byte("\n\n"), one...)...), nil
	}
	added, _, err := sourcesNode(one)
	if err != nil {
		return nil, err
	}
	seq.IsFlowStyle = false
	seq.Merge(added)
	return []byte(file.String() + "\n"), nil
}

// removeFromConfig takes a source out of the text of feeds.yaml.
func removeFromConfig(text []byte, c *config, id string) ([]byte, error) {
	i := slices.IndexFunc(c.Sources, func(s Source) bool { return s.ID == id })
	seq, file, err := sourcesNode(text)
	if err != nil || seq == nil || i < 0 || i >= len(seq.Values) {
		return nil, errors.Join(err, fmt.Errorf("%s has no source %q", configFile, id))
	}
	seq.Values = slices.Delete(seq.Values, i, i+1)
	if i < len(seq.ValueHeadComments) {
		seq.ValueHeadComments = slices.Delete(seq.ValueHeadComments, i, i+1)
	}
	if i < len(seq.Entries) {
		seq.Entries = slices.Delete(seq.Entries, i, i+1)
	}
	if len(seq.Values) == 0 {
		seq.IsFlowStyle = true // an empty list can only be written so
	}
	return []byte(file.String() + "\n"), nil
}

func sourcesNode(text []byte) (*ast.SequenceNode, *ast.File, error) {
	file, err := parser.ParseBytes(text, parser.ParseComments)
	if err != nil {
		return nil, nil, err
	}
	for _, doc := range file.Docs {
		m, ok := doc.Body.(*ast.MappingNode)
		if !ok {
			continue
		}
		for _, v := range m.Values {
			if seq, ok := v.Value.(*ast.SequenceNode); ok && v.Key.String() == "sources" {
				return seq, file, nil
			}
		}
	}
	return nil, file, nil
}
