package vulndb

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"sort"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/wardbook/wardbook"
)

// A DB is an open feed. It may be used from several goroutines at once.
// Records that it returns are the caller's to keep, not to change.
type DB struct {
	f       *os.File
	foot    footer
	firsts  []uint64 // hash of the first entry of each block
	sums    []uint32 // checksum of each block
	sources []Source
}

// Open opens a compiled feed. It reads the ends of the file only. A feed that
// is damaged or of another version gives ErrCorrupt, here or, for a part that
// is read later, from a lookup.
func Open(path string) (*DB, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	db := &DB{f: f}
	if err := db.load(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return db, nil
}

func (db *DB) load() error {
	st, err := db.f.Stat()
	if err != nil {
		return err
	}
	head := make([]byte, len(magic))
	tail := make([]byte, footerSize)
	if st.Size() < int64(len(head)+len(tail)) {
		return ErrCorrupt
	}
	if _, err := db.f.ReadAt(head, 0); err != nil {
		return err
	}
	if _, err := db.f.ReadAt(tail, st.Size()-int64(len(tail))); err != nil {
		return err
	}
	var ok bool
	if db.foot, ok = parseFooter(tail, st.Size()); !ok || string(head) != magic {
		return ErrCorrupt
	}
	index, err := db.section(db.foot.indexAt, db.foot.indexLen, db.foot.sumIndex)
	if err != nil {
		return err
	}
	n := len(index) / indexRow
	db.firsts, db.sums = make([]uint64, n), make([]uint32, n)
	for i := range n {
		db.firsts[i] = binary.LittleEndian.Uint64(index[i*indexRow:])
		db.sums[i] = binary.LittleEndian.Uint32(index[i*indexRow+8:])
	}
	sources, err := db.section(db.foot.sourcesAt, db.foot.sourcesLen, db.foot.sumSources)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(sources, &db.sources); err != nil {
		return ErrCorrupt
	}
	return nil
}

// section reads a part of the file and checks it. Its place was checked
// against the size of the file before.
func (db *DB) section(at, n uint64, sum uint32) ([]byte, error) {
	b := make([]byte, n)
	if _, err := db.f.ReadAt(b, int64(at)); err != nil {
		return nil, err
	}
	if checksum(b) != sum {
		return nil, ErrCorrupt
	}
	return b, nil
}

// Close closes the feed.
func (db *DB) Close() error { return db.f.Close() }

// Len is the number of records.
func (db *DB) Len() int { return int(db.foot.records) }

// Sources says what the feed was made of and what became of it.
func (db *DB) Sources() []Source { return db.sources }

// ByPackage returns the records that name a package, in the order in which
// they were added. ecosystem is OSV's, with or without a release ("Debian",
// "Debian:12"): records of all releases come, so the caller compares
// AffectedPackage.Ecosystem. The name is compared as PackageKey says. The
// ecosystem "GIT" finds records that name a repository only, by its URL.
func (db *DB) ByPackage(ecosystem, name string) ([]*wardbook.Vulnerability, error) {
	return db.find(packageKey(ecosystem, name))
}

// ByProduct returns the records that name a product: in a CPE name or
// applicability tree, or as vendor and product of CVE 5. Both are compared as
// ProductKey says; "*" finds CPE names with that wildcard only.
func (db *DB) ByProduct(vendor, product string) ([]*wardbook.Vulnerability, error) {
	return db.find(productKey(vendor, product))
}

// ByID returns the records that have id as id or alias, whatever its case.
func (db *DB) ByID(id string) ([]*wardbook.Vulnerability, error) {
	return db.find(idKey(id))
}

// A lookup is the room that one look-up reads into.
type lookup struct {
	block [blockEntries * entrySize]byte
	frame frameBuffer
}

var lookups = sync.Pool{New: func() any { return new(lookup) }}

// find returns the records that have k.
func (db *DB) find(k key) ([]*wardbook.Vulnerability, error) {
	h := k.hash()
	// The last block that begins before h, since equal hashes may begin there.
	i := sort.Search(len(db.firsts), func(i int) bool { return db.firsts[i] >= h }) - 1
	i = max(i, 0)
	var out []*wardbook.Vulnerability
	buf := lookups.Get().(*lookup)
	defer lookups.Put(buf)
	for ; i < len(db.firsts) && db.firsts[i] <= h; i++ {
		n := min(blockEntries, db.foot.entries-uint64(i)*blockEntries) * entrySize
		b := buf.block[:n]
		if _, err := db.f.ReadAt(b, int64(db.foot.tableAt)+int64(i)*int64(len(buf.block))); err != nil {
			return nil, err
		}
		if checksum(b) != db.sums[i] {
			return nil, ErrCorrupt
		}
		count := len(b) / entrySize
		j := sort.Search(count, func(j int) bool { return binary.LittleEndian.Uint64(b[j*entrySize:]) >= h })
		for ; j < count && binary.LittleEndian.Uint64(b[j*entrySize:]) == h; j++ {
			v, _, err := buf.frame.read(db.f, binary.LittleEndian.Uint64(b[j*entrySize+8:]), db.foot.recordsEnd)
			if err != nil {
				return nil, err
			}
			if hasKey(v, k) {
				out = append(out, v)
			}
		}
	}
	return out, nil
}

// A frameBuffer holds the bytes of one record while it is decoded. It holds
// most records whole, so that one read gets them.
type frameBuffer [1024]byte

// read reads the record at an offset of a file whose records end at end, and
// says where the next one begins.
func (f *frameBuffer) read(r io.ReaderAt, at, end uint64) (v *wardbook.Vulnerability, next uint64, err error) {
	if at < uint64(len(magic)) || at+frameHead > end || at > end {
		return nil, 0, ErrCorrupt
	}
	b := f[:min(uint64(len(f)), end-at)]
	if _, err := r.ReadAt(b, int64(at)); err != nil {
		return nil, 0, err
	}
	n := uint64(binary.LittleEndian.Uint32(b))
	sum := binary.LittleEndian.Uint32(b[4:])
	next = at + frameHead + n
	if next > end {
		return nil, 0, ErrCorrupt
	}
	body := b[frameHead:]
	if uint64(len(body)) < n {
		whole := make([]byte, n)
		if _, err := r.ReadAt(whole[copy(whole, body):], int64(at)+int64(len(b))); err != nil {
			return nil, 0, err
		}
		body = whole
	}
	body = body[:n]
	if checksum(body) != sum {
		return nil, 0, ErrCorrupt
	}
	if v, err = decodeRecord(body); err != nil {
		return nil, 0, ErrCorrupt
	}
	return v, next, nil
}

// Records goes through all records in the order in which they were added. It
// ends after the first error.
func (db *DB) Records() iter.Seq2[*wardbook.Vulnerability, error] {
	return func(yield func(*wardbook.Vulnerability, error) bool) {
		dead, err := db.section(db.foot.supersededAt, db.foot.supersededLen, db.foot.sumSup)
		if err != nil {
			yield(nil, err)
			return
		}
		var frame frameBuffer
		r := &forward{r: bufio.NewReaderSize(io.NewSectionReader(db.f, 0, int64(db.foot.recordsEnd)), 1<<18)}
		for at := uint64(len(magic)); at < db.foot.recordsEnd; {
			v, next, err := frame.read(r, at, db.foot.recordsEnd)
			if err != nil {
				yield(nil, err)
				return
			}
			isDead := len(dead) >= 8 && binary.LittleEndian.Uint64(dead) == at
			if isDead {
				dead = dead[8:]
			} else if !yield(v, nil) {
				return
			}
			at = next
		}
	}
}

// forward reads at offsets that only go forward, through a buffer.
type forward struct {
	r  *bufio.Reader
	at int64
}

func (f *forward) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.r.Discard(int(off - f.at))
	f.at += int64(n)
	if err != nil {
		return 0, err
	}
	b, err := f.r.Peek(len(p))
	if len(b) < len(p) && err == bufio.ErrBufferFull {
		n, err = io.ReadFull(f.r, p)
		f.at += int64(n)
		return n, err
	}
	return copy(p, b), err
}

// Verify reads the whole feed and checks every part of it.
func (db *DB) Verify() error {
	n := 0
	for _, err := range db.Records() {
		if err != nil {
			return err
		}
		n++
	}
	if n != db.Len() {
		return ErrCorrupt
	}
	buf := make([]byte, blockEntries*entrySize)
	for i := range db.firsts {
		b := buf[:min(blockEntries, db.foot.entries-uint64(i)*blockEntries)*entrySize]
		if _, err := db.f.ReadAt(b, int64(db.foot.tableAt)+int64(i)*int64(len(buf))); err != nil {
			return err
		}
		if checksum(b) != db.sums[i] {
			return ErrCorrupt
		}
	}
	if !slices.IsSorted(db.firsts) {
		return ErrCorrupt
	}
	return nil
}
