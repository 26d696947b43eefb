package match

import (
	"strings"

	"github.com/google/osv-scalibr/semantic"
)

// ecosystems maps vers schemes, purl types and CVE 5 versionTypes to the OSV
// ecosystem whose order they use. Scheme names are compared without case.
var ecosystems = map[string]string{
	"semver": "crates.io", "npm": "npm", "golang": "Go", "go": "Go", "cargo": "crates.io", "rust": "crates.io",
	"pypi": "PyPI", "python": "PyPI", "maven": "Maven", "gem": "RubyGems", "rubygems": "RubyGems",
	"nuget": "NuGet", "composer": "Packagist", "packagist": "Packagist", "hex": "Hex", "pub": "Pub",
	"conan": "ConanCenter", "swift": "SwiftURL", "bitnami": "Bitnami", "github": "GitHub Actions",
	"deb": "Debian", "dpkg": "Debian", "rpm": "Red Hat", "alpm": "Red Hat", "apk": "Alpine", "alpine": "Alpine",
	"cran": "CRAN", "hackage": "Hackage", "julia": "Julia", "openssl": "OpenSSL",
}

// base are the ecosystems that semantic orders, without suffix.
var base = map[string]bool{
	"AlmaLinux": true, "Alpaquita": true, "Alpine": true, "BellSoft Hardened Containers": true, "Bitnami": true,
	"Bioconductor": true, "Chainguard": true, "ConanCenter": true, "CRAN": true, "crates.io": true, "Debian": true,
	"Docker Hardened Images": true, "GHC": true, "Go": true, "Hackage": true, "Hex": true, "Julia": true,
	"Mageia": true, "Maven": true, "MinimOS": true, "npm": true, "NuGet": true, "openEuler": true, "openSUSE": true,
	"Packagist": true, "Pub": true, "PyPI": true, "Red Hat": true, "Rocky Linux": true, "RubyGems": true,
	"SUSE": true, "SwiftURL": true, "Ubuntu": true, "Wolfi": true,
}

// orderName says which order a scheme means: an ecosystem of semantic, or ""
// for a maker's own.
func orderName(scheme string) string {
	name, _, _ := strings.Cut(scheme, ":")
	if base[name] {
		return name
	}
	switch name {
	case "GitHub Actions", "Android", "Linux":
		return "crates.io"
	}
	if e := ecosystems[strings.ToLower(name)]; e != "" {
		if base[e] {
			return e
		}
		if e == "GitHub Actions" {
			return "crates.io"
		}
	}
	return ""
}

// CompareVersions compares a and b in the order of scheme: an OSV ecosystem
// with or without its suffix ("Debian:12"), a vers scheme, a purl type or a CVE
// 5 versionType. An unknown or empty scheme ("custom", "generic") is a maker's
// own. ok is false where the two cannot be compared honestly.
func CompareVersions(scheme, a, b string) (c int, ok bool) {
	name := orderName(scheme)
	if name == "" {
		return MakerOrder(a, b)
	}
	va, err := parseVersion(name, a)
	if err != nil {
		return 0, false
	}
	vb, err := parseVersion(name, b)
	if err != nil {
		return 0, false
	}
	c, err = va.Compare(vb)
	return c, err == nil
}

// parseVersion parses s for an ecosystem that semantic knows. A text without
// any digit is refused where the order would silently take it for zero.
func parseVersion(name, s string) (v semantic.Version, err error) {
	if len(s) > maxVersion || !strings.ContainsAny(s, "0123456789") {
		return nil, semantic.ErrInvalidVersion
	}
	if name == "Go" {
		s = strings.TrimPrefix(s, "go")
	}
	if rpmOrders[name] {
		s = withEpoch(s, "")
	}
	return semantic.Parse(s, name)
}

// rpmOrders are the ecosystems of rpm packages, whose epoch counts as 0 where
// it is left out.
var rpmOrders = map[string]bool{
	"AlmaLinux": true, "Mageia": true, "openEuler": true, "openSUSE": true, "Red Hat": true, "Rocky Linux": true, "SUSE": true,
}
