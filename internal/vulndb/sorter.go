package vulndb

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"io"
	"os"
	"slices"
)

// An entry says that the record at an offset of the feed has a key of a hash.
type entry struct{ hash, offset uint64 }

func compareEntries(a, b entry) int {
	return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.offset, b.offset))
}

// A sorter sorts any number of entries in bounded memory: what is more than
// runEntries goes to a temporary file in sorted runs, which are merged.
type sorter struct {
	dir     string
	entries []entry
	file    *os.File
	runs    []int64 // lengths in bytes
}

// runEntries is how many entries stay in memory: 16 MiB.
const runEntries = 1 << 20

func (s *sorter) add(e entry) error {
	s.entries = append(s.entries, e)
	if len(s.entries) < runEntries {
		return nil
	}
	return s.spill()
}

func (s *sorter) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "wardbook-run-*")
		if err != nil {
			return err
		}
		s.file = f
	}
	slices.SortFunc(s.entries, compareEntries)
	w := bufio.NewWriterSize(s.file, 1<<16)
	var b [16]byte
	for _, e := range s.entries {
		binary.LittleEndian.PutUint64(b[:8], e.hash)
		binary.LittleEndian.PutUint64(b[8:], e.offset)
		if _, err := w.Write(b[:]); err != nil {
			return err
		}
	}
	s.runs = append(s.runs, int64(len(s.entries))*16)
	s.entries = s.entries[:0]
	return w.Flush()
}

// close removes the temporary file.
func (s *sorter) close() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
		s.file = nil
	}
	s.entries = nil
}

// all calls yield for all entries in order.
func (s *sorter) all(yield func(entry) error) error {
	slices.SortFunc(s.entries, compareEntries)
	runs := []*run{{entries: s.entries}}
	start := int64(0)
	for _, n := range s.runs {
		runs = append(runs, &run{r: bufio.NewReaderSize(io.NewSectionReader(s.file, start, n), 1<<15)})
		start += n
	}
	live := runs[:0]
	for _, r := range runs {
		ok, err := r.next()
		if err != nil {
			return err
		}
		if ok {
			live = append(live, r)
		}
	}
	for len(live) > 0 {
		least := 0
		for i := 1; i < len(live); i++ {
			if compareEntries(live[i].head, live[least].head) < 0 {
				least = i
			}
		}
		if err := yield(live[least].head); err != nil {
			return err
		}
		ok, err := live[least].next()
		if err != nil {
			return err
		}
		if !ok {
			live = slices.Delete(live, least, least+1)
		}
	}
	return nil
}

// A run is a sorted sequence of entries, in memory or in a file.
type run struct {
	head    entry
	entries []entry
	r       io.Reader
}

func (r *run) next() (bool, error) {
	if r.r == nil {
		if len(r.entries) == 0 {
			return false, nil
		}
		r.head, r.entries = r.entries[0], r.entries[1:]
		return true, nil
	}
	var b [16]byte
	if _, err := io.ReadFull(r.r, b[:]); err != nil {
		if err == io.EOF {
			return false, nil
		}
		return false, err
	}
	r.head = entry{binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:])}
	return true, nil
}
