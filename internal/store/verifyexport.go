package store

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/wardbook/wardbook"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// VerifyOptions say what a book is held against.
type VerifyOptions struct {
	// Checkpoint is one that was kept elsewhere. Without it, an end that was
	// cut off and an old copy put back cannot be seen.
	Checkpoint string
	// Verifiers are public keys that are trusted. Without them those that the
	// book itself names are, which shows damage but not a forger.
	Verifiers []string
}

// A Verification is what was found in a book.
type Verification struct {
	Organization string
	Entries      int64
	Root         string // of the Merkle tree, in base64
	Checkpoint   string // of the book itself
	Key          string // name and hash of the key that signed it
	Revisions    int64
	Evidence     int64
	Redacted     int64
	Facts        int64 // rows that began or ceased to hold
	// Problems name all that does not fit, in the order of the entries.
	Problems wardbook.Problems
	// Notes say what was not, or could not be, checked.
	Notes []string
}

// OK reports whether nothing was found.
func (v *Verification) OK() bool { return len(v.Problems) == 0 }

const (
	maxProblems = 1000
	maxLine     = 256 << 20
)

// VerifyExport checks an exported book. The error says that it could not be
// read; what does not fit is in the result.
func VerifyExport(r io.Reader, o VerifyOptions) (*Verification, error) {
	v := &verifier{Verification: &Verification{}, options: o, sets: map[string]bool{}, redactions: map[string]int64{}, taken: map[string]int64{}}
	lines := bufio.NewReaderSize(r, 1<<16)
	for {
		b, err := readLine(lines)
		if err == io.EOF {
			break
		}
		if err != nil {
			return v.Verification, fmt.Errorf("line %d: %w", v.line+1, err)
		}
		v.line++
		v.check(b)
		if v.header == nil {
			return v.Verification, errors.New("this is no exported book")
		}
	}
	if v.header == nil {
		return v.Verification, errors.New("this is no exported book: it is empty")
	}
	v.finish()
	return v.Verification, nil
}

func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			return nil, errors.New("is too long")
		}
		switch {
		case err == bufio.ErrBufferFull:
		case err == io.EOF && len(line) > 0:
			return line, nil // the last line, cut off or without its end
		case err != nil:
			return nil, err
		default:
			return line[:len(line)-1], nil
		}
	}
}

// verifier holds the state between the lines of a book.
type verifier struct {
	*Verification
	options    VerifyOptions
	line       int64
	header     *bookHeader
	trusted    note.Verifiers
	outside    *outside
	tree       tree
	entry      *entryState
	document   *documentState
	sets       map[string]bool // device sets: true where seen
	redactions map[string]int64
	taken      map[string]int64
	lastSet    string
	ended      bool
}

// outside is the checkpoint that was kept elsewhere.
type outside struct {
	size int64
	root tlog.Hash
	met  bool
}

// entryState is what the entry that is being read still has to account for.
type entryState struct {
	place     string
	position  int64
	revisions map[[2]string]wardbook.RevisionDigest // by kind and "id revision"
	evidence  map[string]wardbook.EvidenceDigest
	facts     map[string]wardbook.FactDigest
	hashes    map[string]*factState
	last      string // where the line before stands in the order of an entry's lines
}

type factState struct {
	hash           hash.Hash
	opened, closed int64
}

type documentState struct {
	place    string
	evidence bookEvidence
	sum      hash.Hash
	size     int64
}

func (v *verifier) problem(place, format string, args ...any) {
	if len(v.Problems) < maxProblems {
		v.Problems.Add(place, format, args...)
	}
}

// order checks that the lines of an entry (and the sets after them) stand in
// the order in which the program writes them, each once.
func (v *verifier) order(parts ...any) {
	key := fmt.Sprintln(parts...)
	last := &v.lastSet
	if v.entry != nil {
		last = &v.entry.last
	}
	if key <= *last {
		v.problem(v.here(), "line %d stands out of order or twice", v.line)
	}
	*last = key
}

func (v *verifier) here() string {
	if v.entry != nil {
		return v.entry.place
	}
	return fmt.Sprintf("line %d", v.line)
}

// check takes one line. A line that is not exactly as the program writes it
// was changed, whatever it means.
func (v *verifier) check(b []byte) {
	var l bookLine
	if err := json.Unmarshal(b, &l, json.RejectUnknownMembers(true)); err != nil {
		v.problem(fmt.Sprintf("line %d", v.line), "cannot be read (after %s): %v", v.here(), err)
		return
	}
	if again, err := l.encode(); err != nil || !bytes.Equal(again, b) {
		v.problem(fmt.Sprintf("line %d", v.line), "is not as the program writes it (after %s)", v.here())
	}
	if v.header == nil {
		if l.Header != nil {
			v.begin(l.Header)
		}
		return
	}
	if v.ended {
		v.problem(fmt.Sprintf("line %d", v.line), "stands after the end")
	}
	if l.Chunk == nil {
		v.endDocument()
	}
	switch {
	case l.Entry != nil:
		v.endEntry()
		v.beginEntry(l.Entry)
	case l.Revision != nil:
		v.revision(l.Revision)
	case l.Evidence != nil:
		v.evidence(l.Evidence)
	case l.Chunk != nil:
		v.chunk(l.Chunk)
	case l.Opened != nil:
		v.opened(l.Opened)
	case l.Closed != nil:
		v.closed(l.Closed)
	case l.Set != nil:
		v.endEntry()
		v.set(l.Set)
	case l.End != nil:
		v.endEntry()
		v.ended = true
		if l.End.Lines != v.line-1 {
			v.problem("end", "%d lines are here, %d were written", v.line-1, l.End.Lines)
		}
	default:
		v.problem(fmt.Sprintf("line %d", v.line), "is of no known kind")
	}
}

func (v *verifier) beginEntry(b *bookEntry) {
	position := v.Entries
	place := fmt.Sprintf("entry %d", position)
	raw := b.bytes()
	leaf := tlog.RecordHash(raw)
	v.tree.add(leaf)
	v.Entries++
	v.entry = &entryState{place: place, position: position,
		revisions: map[[2]string]wardbook.RevisionDigest{}, evidence: map[string]wardbook.EvidenceDigest{},
		facts: map[string]wardbook.FactDigest{}, hashes: map[string]*factState{}}
	if !bytes.Equal(leaf[:], b.Leaf) {
		v.problem(place, "was changed: its hash is not the one in the tree")
	}
	if v.outside != nil && v.outside.size == v.Entries {
		v.outside.met = true
		if v.tree.root() != v.outside.root {
			v.problem(fmt.Sprintf("entries 0–%d", position), "are not those that the checkpoint kept elsewhere was made from")
		}
	}
	var e wardbook.Entry
	if err := json.Unmarshal(raw, &e); err != nil {
		v.problem(place, "cannot be read: %v", err)
		return
	}
	switch {
	case e.Organization != v.Organization:
		v.problem(place, "is of the book of %s", e.Organization)
	case e.Position > position:
		v.problem(place, "is missing, moved or was removed: entry %d stands in its place", e.Position)
	case e.Position < position:
		v.problem(place, "was moved or inserted: it says that it is entry %d", e.Position)
	}
	for _, r := range e.Revisions {
		v.entry.revisions[revisionKey(r.Kind, r.ID, r.Revision)] = r
	}
	for _, d := range e.Evidence {
		v.entry.evidence[d.SHA256] = d
	}
	for _, d := range e.Redacted {
		v.taken[d] = position
	}
	for _, f := range e.Facts {
		v.entry.facts[f.Table] = f
	}
}

func revisionKey(kind, id string, revision int64) [2]string {
	return [2]string{kind, fmt.Sprintf("%s %d", id, revision)}
}

// endEntry names what the entry lists and the book lacks.
func (v *verifier) endEntry() {
	e := v.entry
	v.entry = nil
	if e == nil {
		return
	}
	var missing []string
	for k := range e.revisions {
		missing = append(missing, "revision "+k[0]+" "+k[1]+" is missing")
	}
	for _, d := range e.evidence {
		missing = append(missing, "evidence "+d.Name+" "+d.SHA256+" is missing")
	}
	for table, want := range e.facts {
		if got := e.hashes[table]; got == nil {
			missing = append(missing, fmt.Sprintf("%s: %d rows that began and %d that ceased to hold are missing", table, want.Opened, want.Closed))
		} else if sum := got.end(); sum != want.SHA256 {
			missing = append(missing, fmt.Sprintf("%s: rows were changed, removed or inserted (%d began and %d ceased to hold, %d and %d were written)",
				table, got.opened, got.closed, want.Opened, want.Closed))
		}
	}
	for table, got := range e.hashes {
		if _, ok := e.facts[table]; !ok {
			missing = append(missing, fmt.Sprintf("%s: %d rows were inserted or changed that the entry knows nothing of", table, got.opened+got.closed))
		}
	}
	slices.Sort(missing)
	for _, m := range missing {
		v.problem(e.place, "%s", m)
	}
}

func (v *verifier) revision(r *bookRevision) {
	v.Revisions++
	v.order(1, r.Kind+"\x00"+r.ID+"\x00", fmt.Sprintf("%020d", r.Revision))
	name := fmt.Sprintf("revision %s %s %d", r.Kind, r.ID, r.Revision)
	if v.entry == nil {
		v.problem(v.here(), "%s belongs to no entry", name)
		return
	}
	k := revisionKey(r.Kind, r.ID, r.Revision)
	want, ok := v.entry.revisions[k]
	if !ok {
		v.problem(v.entry.place, "%s was inserted, or belongs to another entry", name)
		return
	}
	delete(v.entry.revisions, k)
	if sum := hexDigest(r.bytes()); sum != want.SHA256 || r.Digest != want.SHA256 {
		v.problem(v.entry.place, "%s was changed: its bytes have another digest", name)
	}
	index, err := indexDigest(wardbook.Revision{Schema: r.Schema, Number: r.Number, Prefix: r.Prefix, Title: r.Title, State: r.State, Key: r.Key}, r.Links)
	if err != nil || index != want.Index {
		v.problem(v.entry.place, "%s was changed: schema, number, title, state, key or links are not those that were written", name)
	}
}

func (v *verifier) evidence(d *bookEvidence) {
	v.Evidence++
	v.order(2, d.SHA256)
	if v.entry == nil {
		v.problem(v.here(), "evidence %s belongs to no entry", d.Name)
		return
	}
	want, ok := v.entry.evidence[d.SHA256]
	delete(v.entry.evidence, d.SHA256)
	switch {
	case !ok:
		v.problem(v.entry.place, "evidence %s %s was inserted, or belongs to another entry", d.Name, d.SHA256)
	case want != d.EvidenceDigest:
		v.problem(v.entry.place, "evidence %s: name, size, media type or origin were changed", want.Name)
	}
	if d.Redacted != nil {
		v.Redacted++
		v.redactions[d.SHA256] = *d.Redacted
	}
	v.document = &documentState{place: v.entry.place, evidence: *d, sum: sha256.New()}
}

func (v *verifier) chunk(b []byte) {
	if v.document == nil {
		v.problem(v.here(), "bytes that belong to no evidence")
		return
	}
	v.document.sum.Write(b)
	v.document.size += int64(len(b))
}

func (v *verifier) endDocument() {
	d := v.document
	v.document = nil
	switch {
	case d == nil:
	case d.evidence.Redacted != nil:
		if d.size > 0 {
			v.problem(d.place, "evidence %s was redacted, but bytes are there", d.evidence.Name)
		}
	case hex.EncodeToString(d.sum.Sum(nil)) != d.evidence.SHA256:
		v.problem(d.place, "evidence %s was changed: its %d bytes have another digest", d.evidence.Name, d.size)
	}
}

func (v *verifier) facts(table string) *factState {
	f := v.entry.hashes[table]
	if f == nil {
		f = &factState{hash: sha256.New()}
		hashText(f.hash, "from_pos")
		v.entry.hashes[table] = f
	}
	return f
}

func (f *factState) end() string {
	if f.closed == 0 {
		hashText(f.hash, "to_pos")
	}
	return hex.EncodeToString(f.hash.Sum(nil))
}

func (v *verifier) opened(o *bookOpened) {
	v.Facts++
	v.order(3, o.Table, 1, o.Group+"\x00"+o.ID+"\x00")
	if v.entry == nil {
		v.problem(v.here(), "a row of %s belongs to no entry", o.Table)
		return
	}
	row := fact{id: o.ID, columns: o.Columns, data: o.bytes()}
	digest := row.digest(o.Group)
	if !bytes.Equal(digest[:], o.Digest) {
		v.problem(v.entry.place, "%s: the row %s was changed", o.Table, o.ID)
	}
	if o.Table == findingTable.name && len(o.Columns) == len(findingTable.columns) {
		if set := o.Columns[2]; !v.sets[set] {
			v.sets[set] = false
		}
	}
	f := v.facts(o.Table)
	if f.closed > 0 {
		v.problem(v.entry.place, "%s: rows are not in order", o.Table)
	}
	hashFact(f.hash, o.Group, o.ID, v.entry.position, digest[:], o.Place)
	f.opened++
}

func (v *verifier) closed(c *bookClosed) {
	v.Facts++
	v.order(3, c.Table, 2, c.Group+"\x00"+c.ID+"\x00", fmt.Sprintf("%020d", c.From))
	if v.entry == nil {
		v.problem(v.here(), "a row of %s belongs to no entry", c.Table)
		return
	}
	f := v.facts(c.Table)
	if f.closed == 0 {
		hashText(f.hash, "to_pos")
	}
	hashFact(f.hash, c.Group, c.ID, c.From, c.Digest, c.Place)
	f.closed++
}

func (v *verifier) set(s *bookSet) {
	v.order(s.SHA256)
	if hexDigest(s.bytes()) != s.SHA256 {
		v.problem("device set "+s.SHA256, "was changed")
	}
	v.sets[s.SHA256] = true
}
