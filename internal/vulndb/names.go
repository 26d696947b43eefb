package vulndb

import (
	"strings"

	"github.com/package-url/packageurl-go"
)

// PackageKey is the key under which the feed finds a package: the ecosystem
// without its release suffix ("Debian:12" → "debian"), and the name in the
// ecosystem's own normal form:
//
//   - PyPI: lower case, runs of ".", "-" and "_" are one "-" (PEP 503);
//   - NuGet, Packagist, Hex, Pub, GitHub Actions, SwiftURL, ConanCenter,
//     Bitnami: lower case, since their names ignore it;
//   - crates.io: lower case, "_" is "-" (its index forbids names that differ
//     only so);
//   - GIT (records that name a repository only): host and path in lower case,
//     without scheme and ".git";
//   - all others (Go, npm, Maven, RubyGems, Debian, Alpine, RPM distributions,
//     …): as they are, since there case counts.
func PackageKey(ecosystem, name string) (base, normal string) {
	base = strings.ToLower(ecosystemBase(ecosystem))
	switch base {
	case "pypi":
		return base, pep503(name)
	case "nuget", "packagist", "hex", "pub", "github actions", "swifturl", "conancenter", "bitnami":
		return base, strings.ToLower(name)
	case "crates.io":
		return base, strings.ReplaceAll(strings.ToLower(name), "_", "-")
	case "git":
		name = strings.ToLower(strings.TrimSpace(name))
		if i := strings.Index(name, "://"); i >= 0 {
			name = name[i+3:]
		}
		return base, strings.TrimSuffix(strings.TrimRight(name, "/"), ".git")
	}
	return base, name
}

// ecosystemBase cuts the release off an OSV ecosystem.
func ecosystemBase(ecosystem string) string {
	base, _, _ := strings.Cut(ecosystem, ":")
	return base
}

func pep503(name string) string {
	out := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case c == '-' || c == '_' || c == '.':
			if len(out) == 0 || out[len(out)-1] != '-' {
				out = append(out, '-')
			}
		case 'A' <= c && c <= 'Z':
			out = append(out, c+'a'-'A')
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

// ProductKey is the key under which the feed finds a product: vendor and
// product of a CPE name without escapes, or of a CVE 5 record, in lower case
// with blanks as "_".
func ProductKey(vendor, product string) (string, string) {
	return productWord(vendor), productWord(product)
}

func productWord(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if !strings.ContainsAny(s, " \\\t") {
		return s
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(s, `\`, "")), "_")
}

// cpeProduct returns vendor and product of a CPE 2.3 formatted string or 2.2
// URI. It reports false for what is not a CPE name. A wildcard is "*".
func cpeProduct(cpe string) (vendor, product string, ok bool) {
	var parts [5]string
	switch {
	case strings.HasPrefix(cpe, "cpe:2.3:"):
		n := 0
		start := 0
		for i := 0; i <= len(cpe) && n < len(parts); i++ {
			if i < len(cpe) && cpe[i] == '\\' {
				i++
				continue
			}
			if i == len(cpe) || cpe[i] == ':' {
				parts[n] = cpe[start:i]
				n++
				start = i + 1
			}
		}
		if n < len(parts) {
			return "", "", false
		}
	case strings.HasPrefix(cpe, "cpe:/"):
		f := strings.SplitN(cpe[len("cpe:/"):], ":", 4)
		if len(f) < 3 {
			return "", "", false
		}
		parts[3], parts[4] = unpercent(f[1]), unpercent(f[2])
	default:
		return "", "", false
	}
	vendor, product = ProductKey(parts[3], parts[4])
	return vendor, product, vendor != "" && product != ""
}

// unpercent decodes the %XX of a CPE 2.2 URI component.
func unpercent(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	hex := func(c byte) int { return strings.IndexByte("0123456789abcdef", c|0x20) }
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hex(s[i+1]) >= 0 && hex(s[i+2]) >= 0 {
			b.WriteByte(byte(hex(s[i+1])<<4 | hex(s[i+2])))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// collections maps a label of the host of a CVE 5 collectionURL to the OSV
// ecosystem that the host serves.
var collections = map[string]string{
	"npmjs": "npm", "pypi": "PyPI", "maven": "Maven", "sonatype": "Maven", "rubygems": "RubyGems", "crates": "crates.io",
	"packagist": "Packagist", "nuget": "NuGet", "golang": "Go", "go": "Go", "hex": "Hex", "pub": "Pub", "hackage": "Hackage",
	"cran": "CRAN", "conan": "ConanCenter", "swiftpackageindex": "SwiftURL",
}

func collectionEcosystem(url string) string {
	if i := strings.Index(url, "://"); i >= 0 {
		url = url[i+3:]
	}
	host, _, _ := strings.Cut(url, "/")
	for label := range strings.SplitSeq(strings.ToLower(host), ".") {
		if eco, ok := collections[label]; ok {
			return eco
		}
	}
	return ""
}

// purlTypes maps purl types to OSV ecosystems where the type alone tells it.
var purlTypes = map[string]string{
	"npm": "npm", "pypi": "PyPI", "maven": "Maven", "gem": "RubyGems",
	"cargo": "crates.io", "composer": "Packagist", "nuget": "NuGet",
	"golang": "Go", "hex": "Hex", "pub": "Pub", "hackage": "Hackage",
	"cran": "CRAN", "conan": "ConanCenter", "bitnami": "Bitnami", "swift": "SwiftURL",
}

// purlPackage tells ecosystem and package name of a purl, where its type alone
// tells the ecosystem.
func purlPackage(purl string) (ecosystem, name string) {
	if purl == "" {
		return "", ""
	}
	p, err := packageurl.FromString(purl)
	if err != nil || purlTypes[p.Type] == "" {
		return "", ""
	}
	switch {
	case p.Namespace == "":
		name = p.Name
	case p.Type == "maven":
		name = p.Namespace + ":" + p.Name
	default:
		name = p.Namespace + "/" + p.Name
	}
	return purlTypes[p.Type], name
}
