package vulndb

import (
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// A key of the feed is what a record can be found by: a kind and one or two
// words. The feed keeps a 64-bit hash of it and where the record is; that a
// record really has the key is checked on the record, so a collision, made on
// purpose or not, costs time and nothing else.
type key struct {
	kind byte // 'i' id or alias, 'p' package, 'c' vendor and product
	a, b string
}

// hash is FNV-1a of the key's bytes with a last mix, since the feed spreads by
// the upper bits.
func (k key) hash() uint64 {
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	h = (h ^ uint64(k.kind)) * prime
	for i := range len(k.a) {
		h = (h ^ uint64(k.a[i])) * prime
	}
	h *= prime // between the words
	for i := range len(k.b) {
		h = (h ^ uint64(k.b[i])) * prime
	}
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 32
	return h
}

func idKey(id string) key { return key{kind: 'i', a: strings.ToUpper(id)} }

func packageKey(ecosystem, name string) key {
	base, normal := PackageKey(ecosystem, name)
	return key{'p', base, normal}
}

func productKey(vendor, product string) key {
	v, p := ProductKey(vendor, product)
	return key{'c', v, p}
}

// keys calls yield for each key of v, some of them more than once, until it
// returns false. It returns whether it went through.
func keys(v *wardbook.Vulnerability, yield func(key) bool) bool {
	if !yield(idKey(v.ID)) {
		return false
	}
	for _, a := range v.Aliases {
		if !yield(idKey(a)) {
			return false
		}
	}
	var last key
	for i := range v.Affected {
		a := &v.Affected[i]
		// Records list one package for each release of a distribution, one
		// after the other.
		if k := packageKey(a.Ecosystem, a.Package); a.Package != "" && k != last {
			last = k
			if !yield(k) {
				return false
			}
		}
		if a.Product != "" && !yield(productKey(a.Vendor, a.Product)) {
			return false
		}
		for _, c := range a.CPEs {
			if vendor, product, ok := cpeProduct(c); ok && !yield(key{'c', vendor, product}) {
				return false
			}
		}
		for _, r := range a.Ranges {
			if a.Package == "" && r.Repo != "" && !yield(packageKey("GIT", r.Repo)) {
				return false
			}
		}
	}
	for i := range v.Configurations {
		if !nodeKeys(&v.Configurations[i], yield) {
			return false
		}
	}
	return true
}

func nodeKeys(n *wardbook.CPENode, yield func(key) bool) bool {
	for i := range n.Matches {
		if vendor, product, ok := cpeProduct(n.Matches[i].Criteria); ok && !yield(key{'c', vendor, product}) {
			return false
		}
	}
	for i := range n.Children {
		if !nodeKeys(&n.Children[i], yield) {
			return false
		}
	}
	return true
}

// hashes appends the hashes of all keys of v to dst, each once.
func hashes(dst []uint64, v *wardbook.Vulnerability) []uint64 {
	first := len(dst)
	keys(v, func(k key) bool {
		dst = append(dst, k.hash())
		return true
	})
	slices.Sort(dst[first:])
	return dst[:first+len(slices.Compact(dst[first:]))]
}

// hasKey reports whether v has k.
func hasKey(v *wardbook.Vulnerability, k key) bool {
	return !keys(v, func(have key) bool { return have != k })
}
