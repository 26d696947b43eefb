package match

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/wardbook/wardbook"
)

// identity is what a component is to a vulnerability database.
type identity struct {
	purl       string
	ecosystems []string // without suffix; several only where the distribution is not known
	names      []string // the names under which records list it, the best first
	version    string   // as the ecosystem writes it; "" where not known
	// source is the version of the source package, where the SBOM gives one
	// that differs from the binary's.
	source     string
	sourceName string
	release    release
	rebuild    string // "CentOS": the records are of the distribution that it rebuilds
	veto       bool   // the purl says what it is: names and CPEs of other things cannot fit
	doubt      string // why the purl cannot be used, if so
}

// release is a distribution's release, as the component states it.
type release struct {
	family string // debian, ubuntu, alpine, el, sles, leap, …
	major  string
	minor  string // "04" of "22.04", "4" of "15.4"; may be empty
}

func (r release) known() bool { return r.major != "" }

func (r release) String() string {
	switch {
	case !r.known():
		return "unknown release"
	case r.minor == "":
		return r.family + " " + r.major
	}
	return r.family + " " + r.major + "." + r.minor
}

// purlEcosystems maps purl types to OSV ecosystems, where one type is one
// ecosystem.
var purlEcosystems = map[string]string{
	"pypi": "PyPI", "npm": "npm", "golang": "Go", "maven": "Maven", "cargo": "crates.io", "gem": "RubyGems",
	"nuget": "NuGet", "composer": "Packagist", "hex": "Hex", "pub": "Pub", "conan": "ConanCenter",
	"swift": "SwiftURL", "bitnami": "Bitnami", "githubactions": "GitHub Actions", "cran": "CRAN",
	"hackage": "Hackage", "julia": "Julia", "bioconductor": "Bioconductor", "dotnet": "NuGet", "dotnet-core": "NuGet",
}

// openTypes are purl types that do not say which ecosystem a component is of:
// a CPE or a maker's name may still identify it.
var openTypes = map[string]bool{
	"generic": true, "none": true, "github": true, "gitlab": true, "bitbucket": true, "conan": true, "vcpkg": true, "sourceforge": true,
}

// distros maps purl namespaces (and the name in a distro qualifier) of deb, rpm and apk
// packages to the OSV ecosystem and the family of releases.
var distros = map[string]struct{ ecosystem, family, rebuild string }{
	"debian": {"Debian", "debian", ""}, "ubuntu": {"Ubuntu", "ubuntu", ""},
	"alpine": {"Alpine", "alpine", ""}, "wolfi": {"Wolfi", "", ""}, "chainguard": {"Chainguard", "", ""},
	"minimos": {"MinimOS", "", ""},
	"redhat":  {"Red Hat", "el", ""}, "rhel": {"Red Hat", "el", ""}, "centos": {"Red Hat", "el", "CentOS"},
	"almalinux": {"AlmaLinux", "el", ""}, "alma": {"AlmaLinux", "el", ""},
	"rocky": {"Rocky Linux", "el", ""}, "rocky-linux": {"Rocky Linux", "el", ""}, "rockylinux": {"Rocky Linux", "el", ""},
	"suse": {"SUSE", "sles", ""}, "sles": {"SUSE", "sles", ""}, "sled": {"SUSE", "sles", ""}, "sle": {"SUSE", "sles", ""},
	"opensuse": {"openSUSE", "leap", ""}, "opensuse-leap": {"openSUSE", "leap", ""}, "opensuse-tumbleweed": {"openSUSE", "tumbleweed", ""},
	"mageia": {"Mageia", "mageia", ""}, "openeuler": {"openEuler", "openeuler", ""},
}

// unlisted are distributions that no OSV ecosystem lists.
var unlisted = map[string]bool{
	"fedora": true, "amazon": true, "amzn": true, "oracle": true, "ol": true, "oraclelinux": true, "photon": true, "mariner": true, "azurelinux": true, "openwrt": true, "raspbian": true, "kali": true,
}

// codenames of Debian and Ubuntu releases, as distro qualifiers use them.
var codenames = map[string]string{
	"wheezy": "debian-7", "jessie": "debian-8", "stretch": "debian-9", "buster": "debian-10", "bullseye": "debian-11",
	"bookworm": "debian-12", "trixie": "debian-13", "forky": "debian-14",
	"trusty": "ubuntu-14.04", "xenial": "ubuntu-16.04", "bionic": "ubuntu-18.04", "focal": "ubuntu-20.04",
	"jammy": "ubuntu-22.04", "mantic": "ubuntu-23.10", "noble": "ubuntu-24.04", "oracular": "ubuntu-24.10", "plucky": "ubuntu-25.04", "questing": "ubuntu-25.10",
}

// identify says what c is, by its purl.
func identify(c wardbook.Component) identity {
	if c.Purl == "" {
		return identity{}
	}
	p, err := packageurl.FromString(c.Purl)
	if err != nil {
		return identity{purl: c.Purl, doubt: "its purl cannot be read: " + err.Error()}
	}
	if p.Version == "" {
		p.Version = c.Version
	}
	id := identity{purl: c.Purl, version: p.Version, veto: !openTypes[p.Type]}
	switch p.Type {
	case "deb", "rpm", "apk", "alpine":
		id.distribution(p)
	default:
		id.language(p)
	}
	if !strings.ContainsAny(id.version, "0123456789") || !known(id.version) {
		id.version = "" // "(devel)", "UNKNOWN"
	}
	return id
}

// language fills in packages of language ecosystems.
func (id *identity) language(p packageurl.PackageURL) {
	eco := purlEcosystems[p.Type]
	if eco == "" {
		return
	}
	name, ns := p.Name, p.Namespace
	full := name
	if ns != "" {
		full = ns + "/" + name
	}
	switch eco {
	case "PyPI":
		id.names = []string{pypiName(name)}
	case "Maven":
		if ns == "" {
			id.doubt = "its purl names no group"
			return
		}
		id.names = []string{ns + ":" + name}
	case "Go":
		id.golang(rawName(id.purl, full))
	case "ConanCenter", "NuGet", "crates.io", "Bitnami":
		id.names = []string{name}
	default:
		id.names = []string{full}
	}
	id.ecosystems = []string{eco}
}

var goRelease = pattern(`^(\d+\.\d+)(?:\.(\d+))?(rc|beta)(\d+)$`)

// golang fills in a Go module. Go's own releases ("go1.22rc2") are written as
// OSV writes them ("1.22.0-rc.2").
func (id *identity) golang(full string) {
	if full == "std" || full == "stdlib" || full == "go" {
		full = "stdlib"
		id.version = strings.TrimPrefix(strings.TrimPrefix(id.version, "v"), "go")
		if m := goRelease().FindStringSubmatch(id.version); m != nil {
			if m[2] == "" {
				m[2] = "0"
			}
			id.version = m[1] + "." + m[2] + "-" + m[3] + "." + m[4]
		}
	}
	id.names = []string{full}
	if lower := strings.ToLower(full); lower != full {
		id.names = append(id.names, lower)
	}
}

// rawName gives the namespace and name of a purl as written. The purl
// specification puts Go modules in lower case, but databases keep the case of
// module paths, and most SBOMs do.
func rawName(purl, normal string) string {
	_, s, _ := strings.Cut(strings.TrimPrefix(purl, "pkg:"), "/")
	if i := strings.IndexAny(s, "@?#"); i >= 0 {
		s = s[:i]
	}
	if raw, err := url.PathUnescape(strings.Trim(s, "/")); err == nil && strings.EqualFold(raw, normal) {
		return raw
	}
	return normal
}

var pypiSeparators = regexp.MustCompile(`[-_.]+`)

// pypiName normalises a name as PEP 503 does.
func pypiName(s string) string {
	return strings.ToLower(pypiSeparators.ReplaceAllString(s, "-"))
}

// sameName compares package names as the ecosystem does.
func sameName(ecosystem, a, b string) bool {
	if a == b {
		return true
	}
	switch ecosystem {
	case "PyPI":
		return pypiName(a) == pypiName(b)
	case "Go", "NuGet", "Packagist", "Hex", "Pub", "GitHub Actions", "SwiftURL", "ConanCenter", "Bitnami":
		return strings.EqualFold(a, b)
	case "crates.io":
		return strings.EqualFold(strings.ReplaceAll(a, "_", "-"), strings.ReplaceAll(b, "_", "-"))
	}
	return false
}

// distribution fills in packages of Linux distributions.
func (id *identity) distribution(p packageurl.PackageURL) {
	q := p.Qualifiers.Map()
	distro := strings.ToLower(q["distro"])
	if c := codenames[distro]; c != "" {
		distro = c
	}
	ns := strings.ToLower(p.Namespace)
	if p.Type == "alpine" {
		ns = "alpine"
	}
	name, rel := splitDistro(distro)
	d, ok := distros[ns]
	if !ok || ns == "opensuse" {
		if dd, found := distros[name]; found {
			d, ok = dd, true
		}
	}
	switch {
	case ok:
		id.ecosystems = []string{d.ecosystem}
	case unlisted[ns] || unlisted[name]:
		id.doubt = "no database of its distribution is known"
		return
	case p.Type == "deb":
		id.ecosystems = []string{"Debian", "Ubuntu"}
	case p.Type == "rpm":
		id.ecosystems = []string{"Red Hat", "AlmaLinux", "Rocky Linux", "SUSE"}
	default:
		id.ecosystems = []string{"Alpine"}
	}
	id.rebuild = d.rebuild
	id.release = release{family: d.family, major: rel}
	id.release.major, id.release.minor, _ = strings.Cut(rel, ".")
	id.release.minor, _, _ = strings.Cut(id.release.minor, ".")
	if !id.release.known() && len(id.ecosystems) == 1 {
		id.release = releaseInVersion(d.family, p.Version)
	}
	id.names = []string{p.Name}
	id.sourcePackage(p, q)
	if p.Type == "rpm" {
		id.version = withEpoch(id.version, q["epoch"])
	}
}

// splitDistro splits "debian-11.6", "opensuse-leap-15.4" or "3.18.4" into
// name and release.
func splitDistro(s string) (name, rel string) {
	if s == "" {
		return "", ""
	}
	i := strings.LastIndexByte(s, '-')
	tail := s[i+1:]
	tail, _, _ = strings.Cut(tail, " ") // "amazon-2 (Karoo)"
	tail = strings.TrimPrefix(tail, "v")
	if tail == "" || !isDigit(tail[0]) {
		return s, ""
	}
	if i < 0 {
		return "", tail
	}
	return s[:i], tail
}

var (
	elTag  = pattern(`\.el(\d+)(?:_(\d+))?`)
	debTag = pattern(`[+~]deb(\d+)u\d+`)
)

// releaseInVersion reads the release out of tags that a distribution puts in
// its versions (".el8_7", "+deb11u4").
func releaseInVersion(family, version string) release {
	switch family {
	case "el":
		if m := elTag().FindStringSubmatch(version); m != nil {
			return release{family: family, major: m[1]}
		}
	case "debian":
		if m := debTag().FindStringSubmatch(version); m != nil {
			return release{family: family, major: m[1]}
		}
	}
	return release{family: family}
}

// sourcePackage adds the source package: Debian, Ubuntu, Alpine and SUSE
// list vulnerabilities under its name.
func (id *identity) sourcePackage(p packageurl.PackageURL, q map[string]string) {
	up := q["upstream"]
	for _, k := range []string{"source", "origin", "source_name"} {
		if up == "" {
			up = q[k]
		}
	}
	name, version, _ := strings.Cut(up, "@")
	if p.Type == "rpm" && strings.HasSuffix(name, ".rpm") { // "audit-2.8.5-4.el7.src.rpm"
		parts := strings.Split(strings.TrimSuffix(strings.TrimSuffix(name, ".rpm"), ".src"), "-")
		if len(parts) < 3 {
			return
		}
		name = strings.Join(parts[:len(parts)-2], "-")
	}
	if name == "" {
		return
	}
	id.sourceName, id.source = name, version
	if name == p.Name {
		return
	}
	if p.Type == "rpm" {
		id.names = append(id.names, name)
	} else {
		id.names = []string{name, p.Name}
	}
}

// withEpoch puts the epoch in front of an rpm version.
func withEpoch(version, epoch string) string {
	if version == "" {
		return ""
	}
	if i := strings.IndexByte(version, ':'); i > 0 && strings.Trim(version[:i], "0123456789") == "" {
		return version
	}
	if epoch == "" {
		epoch = "0"
	}
	return epoch + ":" + version
}

// fit is an answer of three values; the higher, the surer.
type fit int

const (
	fitNo fit = iota
	fitMaybe
	fitYes
)

// fitsRelease says whether a record's ecosystem suffix ("12", "22.04:LTS", "v3.18",
// "enterprise_linux:8::baseos", "Linux Enterprise Server 15 SP4") is the
// release of the component, and why it may not be.
func (id *identity) fitsRelease(ecosystem, suffix string) (fit, string) {
	if suffix == "" {
		return fitYes, ""
	}
	r := id.release
	if !r.known() {
		return fitMaybe, "the record is of " + ecosystem + " " + suffix + "; the SBOM does not say which release this is"
	}
	yes := false
	switch ecosystem {
	case "Debian", "AlmaLinux", "Rocky Linux", "Mageia":
		head, _, _ := strings.Cut(suffix, ":")
		yes = head == r.major || head == r.major+"."+r.minor
	case "Ubuntu":
		if rest, pro := strings.CutPrefix(suffix, "Pro:"); pro {
			if rest, _, _ = strings.Cut(rest, ":"); rest == r.major+"."+r.minor {
				return fitMaybe, "the record is of Ubuntu Pro " + rest
			}
			return fitNo, ""
		}
		head, _, _ := strings.Cut(suffix, ":")
		yes = head == r.major+"."+r.minor
	case "Alpine":
		yes = suffix == "v"+r.major+"."+r.minor
	case "Red Hat":
		return fitsRedHat(r, suffix)
	case "SUSE":
		sp := r.major
		if r.minor != "" && r.minor != "0" {
			sp += " SP" + r.minor
		}
		yes = strings.HasSuffix(suffix, " "+sp) || strings.HasSuffix(suffix, " "+sp+"-LTSS")
	case "openSUSE":
		yes = suffix == "Leap "+r.major+"."+r.minor || r.family == "tumbleweed" && suffix == "Tumbleweed"
	default:
		yes = suffix == r.major || strings.HasPrefix(suffix, r.major+".") || strings.HasPrefix(suffix, r.major+":")
	}
	if yes {
		return fitYes, ""
	}
	return fitNo, ""
}

var elStream = pattern(`::el(\d+)`)

// fitsRedHat judges a CPE-like suffix: product, version, edition.
func fitsRedHat(r release, suffix string) (fit, string) {
	parts := strings.Split(suffix, ":")
	product, version := parts[0], ""
	if len(parts) > 1 {
		version = parts[1]
	}
	major, minor, _ := strings.Cut(version, ".")
	switch {
	case product == "enterprise_linux":
		if major == r.major {
			return fitYes, ""
		}
	case strings.HasPrefix(product, "rhel_"):
		if major != r.major {
			return fitNo, ""
		}
		if minor == r.minor || minor == "" {
			return fitYes, ""
		}
		if r.minor == "" {
			return fitMaybe, "the record is of Red Hat " + suffix + "; the SBOM does not say which minor release this is"
		}
	default:
		if m := elStream().FindStringSubmatch(suffix); m == nil || m[1] == r.major {
			return fitMaybe, "the record is of the Red Hat product " + suffix
		}
	}
	return fitNo, ""
}
