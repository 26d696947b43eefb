package store

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tree computes the root of a Merkle tree (RFC 6962) while its leaves come:
// it keeps the roots of the complete subtrees, the largest first.
type tree struct {
	size int64
	tops []tlog.Hash
}

// add takes a leaf and returns it with the nodes that it completes, from the
// leaf upwards: those that tlog stores under numbers that follow each other.
func (t *tree) add(leaf tlog.Hash) []tlog.Hash {
	nodes := []tlog.Hash{leaf}
	h := leaf
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.tops) - 1
		h = tlog.NodeHash(t.tops[last], h)
		t.tops = t.tops[:last]
		nodes = append(nodes, h)
	}
	t.tops = append(t.tops, h)
	t.size++
	return nodes
}

func (t *tree) root() tlog.Hash {
	if t.size == 0 {
		var empty tlog.Hash
		return empty
	}
	h := t.tops[len(t.tops)-1]
	for i := len(t.tops) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.tops[i], h)
	}
	return h
}

// begin takes the header: it finds the keys that count and opens the
// checkpoint that was kept elsewhere.
func (v *verifier) begin(h *bookHeader) {
	v.header = h
	v.Organization, v.Checkpoint = h.Organization, h.Checkpoint
	if h.Format > bookFormat {
		v.problem("book", "its form %d is newer than this program, which knows %d", h.Format, bookFormat)
	}
	v.trusted = v.keys(h.Keys)
	if v.options.Checkpoint == "" {
		v.Notes = append(v.Notes, "No checkpoint kept elsewhere was given: an end that was cut off, or an old copy put back, cannot be seen.")
		return
	}
	n, err := note.Open([]byte(v.options.Checkpoint), v.trusted)
	if err != nil {
		v.problem("checkpoint kept elsewhere", "is not signed by a key of this book: %v", err)
		return
	}
	org, size, root, err := parseCheckpoint(n.Text)
	switch {
	case err != nil:
		v.problem("checkpoint kept elsewhere", "%v", err)
	case org != v.Organization:
		v.problem("checkpoint kept elsewhere", "is of the book of %s", org)
	default:
		v.outside = &outside{size: size, root: root, met: size == 0}
	}
}

// keys are the public keys that may have signed: those that are trusted, and
// those that a trusted one endorsed.
func (v *verifier) keys(named []bookKey) note.Verifiers {
	trust := map[string]bool{}
	for _, k := range v.options.Verifiers {
		trust[k] = true
	}
	if len(trust) == 0 {
		v.Notes = append(v.Notes, "No key was given: the keys that the book names were taken. Compare the key with the one that its owner gives.")
	}
	var list []note.Verifier
	known := false
	for i, k := range named {
		ver, err := note.NewVerifier(k.Verifier)
		if err != nil {
			v.problem(fmt.Sprintf("key %d", k.Number), "is no key: %v", err)
			continue
		}
		endorsed := false
		if i > 0 {
			prior, err := note.NewVerifier(named[i-1].Verifier)
			if err == nil {
				n, err := note.Open([]byte(k.Endorsement), note.VerifierList(prior))
				endorsed = err == nil && n.Text == endorsementText(k.Number, k.Verifier)
			}
			if !endorsed {
				v.problem(fmt.Sprintf("key %d", k.Number), "is not endorsed by the key before it")
			}
		}
		// A key is good when it is trusted or a good one endorsed it. The keys
		// before a trusted one are good too: it continues their book.
		known = trust[k.Verifier] || known && endorsed
		if known || len(trust) == 0 || slices.ContainsFunc(named[i:], func(k bookKey) bool { return trust[k.Verifier] }) {
			list = append(list, ver)
		}
	}
	for k := range trust {
		if ver, err := note.NewVerifier(k); err == nil && !slices.ContainsFunc(list, func(o note.Verifier) bool { return o.Name() == ver.Name() && o.KeyHash() == ver.KeyHash() }) {
			list = append(list, ver)
		}
	}
	return note.VerifierList(list...)
}

// finish holds the whole against its checkpoints.
func (v *verifier) finish() {
	v.endDocument()
	v.endEntry()
	if !v.ended {
		v.problem("end", "is missing: the file was cut off after line %d", v.line)
	}
	root := v.tree.root()
	v.Root = base64.StdEncoding.EncodeToString(root[:])
	if v.Entries != v.header.Entries {
		v.problem("book", "has %d entries, its head says %d", v.Entries, v.header.Entries)
	}
	v.ownCheckpoint(root)
	if v.outside != nil && !v.outside.met {
		v.problem(fmt.Sprintf("entries from %d", v.Entries), "are missing: the checkpoint kept elsewhere was made when the book had %d entries. The end was cut off, or this is an old copy", v.outside.size)
	}
	for _, sha := range slices.Sorted(maps.Keys(v.redactions)) {
		if position, ok := v.taken[sha]; !ok || position != v.redactions[sha] {
			v.problem("evidence "+sha, "its bytes are gone, and entry %d does not say that they were redacted", v.redactions[sha])
		}
	}
	for _, sha := range slices.Sorted(maps.Keys(v.taken)) {
		if _, ok := v.redactions[sha]; !ok {
			v.problem(fmt.Sprintf("entry %d", v.taken[sha]), "says that evidence %s was redacted, and it was not", sha)
		}
	}
	for _, sha := range slices.Sorted(maps.Keys(v.sets)) {
		if !v.sets[sha] {
			v.problem("device set "+sha, "is missing")
		}
	}
}

func (v *verifier) ownCheckpoint(root tlog.Hash) {
	n, err := note.Open([]byte(v.header.Checkpoint), v.trusted)
	if err != nil {
		v.problem("checkpoint", "is not signed by a key that counts: %v", err)
		return
	}
	if len(n.Sigs) > 0 {
		v.Key = fmt.Sprintf("%s+%08x", n.Sigs[0].Name, n.Sigs[0].Hash)
	}
	org, size, want, err := parseCheckpoint(n.Text)
	switch {
	case err != nil:
		v.problem("checkpoint", "%v", err)
	case org != v.Organization:
		v.problem("checkpoint", "is of the book of %s", org)
	case size != v.Entries:
		v.problem("checkpoint", "was made from %d entries, %d are here", size, v.Entries)
	case want != root:
		v.problem("checkpoint", "was made from other entries: the roots of the trees differ")
	}
}
