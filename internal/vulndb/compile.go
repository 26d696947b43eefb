package vulndb

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/wardbook/wardbook"
)

// A Compiler writes a feed. Sources are added one after the other from one
// goroutine; decoding goes on in parallel behind it, in bounded memory. The
// same sources in the same order give the same bytes.
type Compiler struct {
	opts    Options
	path    string
	file    *os.File
	w       *bufio.Writer
	split   *splitter
	faults  faults // of the splitter, handed on with each batch
	sources []*SourceWriter

	cur     *batch
	seq     int
	tokens  chan struct{}
	jobs    chan *batch
	done    chan *batch
	free    chan *batch
	workers sync.WaitGroup
	ended   chan struct{} // closed when the writing goroutine has ended

	// Owned by the writing goroutine until ended.
	at      uint64
	records uint64
	main    sorter // all keys
	own     sorter // each record's source and id, to find those that come twice
	err     error
}

// Batches: how much is handed to a worker at once.
const (
	batchBytes  = 256 << 10
	batchPieces = 512
	bigBatch    = 4 << 20 // above this, a batch counts as several
)

// A batch goes from the adding goroutine to a worker, which fills the lower
// part, and on to the writing goroutine.
type batch struct {
	seq    int
	source *SourceWriter
	data   []byte
	pieces []batchPiece
	faults faults // of the splitter
	weight int

	frames  []byte
	starts  []int // of each record's frame
	entries []entry
	own     []entry
	info    Info
}

type batchPiece struct {
	from, to int
	name     string
	place    string
	yaml     bool
}

// A SourceWriter takes the files of one source of a feed.
type SourceWriter struct {
	c        *Compiler
	name     string
	info     Info
	problems faults
}

// Create begins a feed at path. It appears there only when Close succeeds.
func Create(path string, o Options) (*Compiler, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".feed-*")
	if err != nil {
		return nil, err
	}
	n := runtime.GOMAXPROCS(0)
	c := &Compiler{
		opts: o, path: path, file: f, w: bufio.NewWriterSize(f, 1<<18),
		tokens: make(chan struct{}, 2*n+2), jobs: make(chan *batch, n), done: make(chan *batch, n),
		free: make(chan *batch, 2*n+2), ended: make(chan struct{}), at: uint64(len(magic)),
		main: sorter{dir: filepath.Dir(path)}, own: sorter{dir: filepath.Dir(path)},
	}
	c.split = newSplitter(o, &c.faults)
	if _, err := c.w.WriteString(magic); err != nil {
		f.Close()
		os.Remove(f.Name())
		return nil, err
	}
	c.workers.Add(n)
	for range n {
		go c.work(c.jobs)
	}
	go func() { c.workers.Wait(); close(c.done) }()
	go c.write()
	return c, nil
}

// Source begins a source, such as a zip of records. name is how people know
// it.
func (c *Compiler) Source(name string) *SourceWriter {
	s := &SourceWriter{c: c, name: name}
	c.sources = append(c.sources, s)
	return s
}

// Add reads one file of the source. member names it inside the source and
// stands in front of the places of its problems; it is "" when the source is
// one file. What is refused is recorded in the source's Info; the error is
// one of reading or writing.
func (s *SourceWriter) Add(member string, r io.Reader) error {
	c := s.c
	if c.cur != nil && c.cur.source != s {
		c.send()
	}
	err := c.split.split(r, func(pc piece) error {
		b := c.batch(s)
		from := len(b.data)
		b.data = append(b.data, pc.data...)
		b.pieces = append(b.pieces, batchPiece{from, len(b.data), member, pc.place, pc.yaml})
		if len(b.data) >= batchBytes || len(b.pieces) >= batchPieces {
			c.send()
		}
		return nil
	})
	var bad *wardbook.Invalid
	isBad := errors.As(err, &bad)
	b := c.batch(s)
	if c.split.envelope {
		b.info.sawFormat("NVD 2.0")
	}
	if c.split.drawn.After(b.info.Newest) {
		b.info.Newest = c.split.drawn
	}
	if isBad {
		b.info.Refused++
		c.faults.list = append(c.faults.list, bad.Problems...)
		err = nil
	}
	for _, p := range c.faults.list {
		b.faults.add(inMember(member, p.Place), "%s", p.Message)
	}
	b.faults.dropped += c.faults.dropped
	c.faults = faults{}
	return err
}

// inMember puts a member's name in front of a place in it.
func inMember(member, place string) string {
	switch {
	case member == "":
		return place
	case place == "":
		return member
	}
	return member + ": " + place
}

// batch returns the batch that is being filled for s.
func (c *Compiler) batch(s *SourceWriter) *batch {
	if c.cur == nil {
		select {
		case c.cur = <-c.free:
			b := c.cur
			*b = batch{data: b.data[:0], pieces: b.pieces[:0], frames: b.frames[:0], starts: b.starts[:0], entries: b.entries[:0], own: b.own[:0]}
		default:
			c.cur = &batch{}
		}
		c.cur.source, c.cur.seq = s, c.seq
		c.seq++
	}
	return c.cur
}

// send hands the current batch to the workers. A big one waits until little
// else is under way, so that memory stays bounded.
func (c *Compiler) send() {
	b := c.cur
	if b == nil {
		return
	}
	c.cur = nil
	b.weight = min(1+len(b.data)/bigBatch, cap(c.tokens))
	for range b.weight {
		c.tokens <- struct{}{}
	}
	c.jobs <- b
}

// work decodes batches.
func (c *Compiler) work(jobs <-chan *batch) {
	defer c.workers.Done()
	var f faults
	r := newReader(&f)
	for b := range jobs {
		b.decode(r, &f)
		c.done <- b
	}
}

// decode fills the lower part of b.
func (b *batch) decode(r *reader, f *faults) {
	*f = b.faults
	var sums []uint64
	for _, p := range b.pieces {
		pc := piece{data: b.data[p.from:p.to], place: inMember(p.name, p.place)}
		if p.name != "" && p.place == "" {
			pc.place += ": "
		}
		if p.yaml {
			if pc = yamlPiece(pc, f, &b.info); pc.data == nil {
				continue
			}
		}
		// The error is of yield only, which gives none.
		_ = r.document(pc, &b.info, func(v wardbook.Vulnerability) error {
			start := len(b.frames)
			b.starts = append(b.starts, start)
			b.frames = append(b.frames, make([]byte, frameHead)...)
			b.frames = encodeRecord(b.frames, &v)
			body := b.frames[start+frameHead:]
			binary.LittleEndian.PutUint32(b.frames[start:], uint32(len(body)))
			binary.LittleEndian.PutUint32(b.frames[start+4:], checksum(body))
			sums = hashes(sums[:0], &v)
			for _, h := range sums {
				b.entries = append(b.entries, entry{h, uint64(start)})
			}
			b.own = append(b.own, entry{ownKey(&v).hash(), uint64(start)})
			return nil
		})
	}
	b.faults = *f
}

func ownKey(v *wardbook.Vulnerability) key { return key{'o', v.Source, v.ID} }

// write puts batches into the file, in the order in which they were made.
func (c *Compiler) write() {
	defer close(c.ended)
	waiting := map[int]*batch{}
	next := 0
	for b := range c.done {
		waiting[b.seq] = b
		for b := waiting[next]; b != nil; b = waiting[next] {
			delete(waiting, next)
			next++
			if c.err == nil {
				c.err = c.put(b)
			}
			weight := b.weight
			if cap(b.data) <= bigBatch && cap(b.frames) <= bigBatch {
				select {
				case c.free <- b:
				default:
				}
			}
			for range weight {
				<-c.tokens
			}
		}
	}
}

func (c *Compiler) put(b *batch) error {
	s := b.source
	s.info.Records += b.info.Records
	s.info.Refused += b.info.Refused
	if b.info.Format != "" {
		for _, f := range splitList(b.info.Format) {
			s.info.sawFormat(f)
		}
	}
	if b.info.Newest.After(s.info.Newest) {
		s.info.Newest = b.info.Newest
	}
	for _, p := range b.faults.list {
		s.problems.add(p.Place, "%s", p.Message)
	}
	s.problems.dropped += b.faults.dropped
	if _, err := c.w.Write(b.frames); err != nil {
		return err
	}
	for _, e := range b.entries {
		if err := c.main.add(entry{e.hash, e.offset + c.at}); err != nil {
			return err
		}
	}
	for _, e := range b.own {
		if err := c.own.add(entry{e.hash, e.offset + c.at}); err != nil {
			return err
		}
	}
	c.at += uint64(len(b.frames))
	c.records += uint64(len(b.starts))
	return nil
}

// stop ends the goroutines and returns the first fault of writing.
func (c *Compiler) stop() error {
	if c.jobs != nil {
		c.send()
		close(c.jobs)
		c.jobs = nil
		<-c.ended
	}
	return c.err
}

// Abort ends a compilation and leaves nothing behind. After Close it does
// nothing.
func (c *Compiler) Abort() {
	if c.file == nil {
		return
	}
	_ = c.stop() // nothing is kept
	c.main.close()
	c.own.close()
	c.file.Close()
	os.Remove(c.file.Name())
	c.file = nil
}

// Close finishes the feed and puts it into place.
func (c *Compiler) Close() error {
	if c.file == nil {
		return errors.New("feed already closed")
	}
	defer c.Abort()
	if err := c.stop(); err != nil {
		return err
	}
	if err := c.finish(); err != nil {
		return fmt.Errorf("feed %s: %w", c.path, err)
	}
	name := c.file.Name()
	if err := c.file.Close(); err != nil {
		return err
	}
	c.file = nil
	c.main.close()
	c.own.close()
	if err := os.Rename(name, c.path); err != nil {
		os.Remove(name)
		return err
	}
	return nil
}

// finish writes all that comes after the records.
func (c *Compiler) finish() error {
	if err := c.w.Flush(); err != nil {
		return err
	}
	superseded, err := c.superseded()
	if err != nil {
		return err
	}
	f := footer{recordsEnd: c.at, tableAt: c.at, records: c.records - uint64(len(superseded))}
	index, err := c.table(&f, superseded)
	if err != nil {
		return err
	}
	f.indexAt, f.indexLen, f.sumIndex = f.tableAt+f.entries*entrySize, uint64(len(index)), checksum(index)
	var dead []byte
	for _, at := range superseded {
		dead = binary.LittleEndian.AppendUint64(dead, at)
	}
	f.supersededAt, f.supersededLen, f.sumSup = f.indexAt+f.indexLen, uint64(len(dead)), checksum(dead)
	sources, err := json.Marshal(c.sourceInfos())
	if err != nil {
		return err
	}
	f.sourcesAt, f.sourcesLen, f.sumSources = f.supersededAt+f.supersededLen, uint64(len(sources)), checksum(sources)
	f.size = f.sourcesAt + f.sourcesLen + uint64(footerSize)
	for _, part := range [][]byte{index, dead, sources, f.append(nil)} {
		if _, err := c.w.Write(part); err != nil {
			return err
		}
	}
	return c.w.Flush()
}

func (c *Compiler) sourceInfos() []Source {
	out := []Source{}
	for _, s := range c.sources {
		s.info.Problems = s.problems.all()
		out = append(out, Source{s.name, s.info})
	}
	return out
}
