package gather

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/intake"
	"github.com/wardbook/wardbook/internal/inventory"
)

// small reads one small file whole, decodes it and fills in its digest.
func small(path string, kind wardbook.InputKind) (*Document, error) {
	d := &Document{Input: wardbook.Input{Path: path, Kind: kind, Records: 1}}
	err := intake.Walk(path, intake.Limits{Files: 1}, func(f *intake.File) error {
		var b []byte
		if err := stream(f, &d.Input, func(r io.Reader) (err error) { b, err = io.ReadAll(r); return err }); err != nil {
			return err
		}
		return d.decode(b)
	})
	return d, err
}

func (g *Gathered) readPolicy() error {
	g.Policy, g.PolicyHash = g.Catalog.Policy, catalog.DefaultPolicyDigest()
	path := g.paths.Policy
	if path == "" {
		return nil
	}
	d, err := small(path, wardbook.InputPolicy)
	if err != nil {
		return failed("wardbook policy lint "+path+" checks it, wardbook policy show prints the default", err)
	}
	g.Policy, g.PolicyHash = d.Policy, d.Input.SHA256
	g.take(d)
	return nil
}

func (g *Gathered) readAnswers() error {
	if g.paths.Answers == "" {
		return nil
	}
	d, err := small(g.paths.Answers, wardbook.InputAnswers)
	if err != nil {
		return failed("an answers file looks like answers.yaml in the output folder", err)
	}
	g.Answers = d.Answers
	g.take(d)
	return nil
}

func (g *Gathered) readEarlier() error {
	if g.paths.Since == "" {
		return nil
	}
	path := filepath.Join(g.paths.Since, "assessment.json")
	in := wardbook.Input{Path: path, Kind: wardbook.InputSince, Records: 1}
	err := intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
		err := stream(f, &in, func(r io.Reader) (err error) { g.earlier, err = ReadAssessment(r); return err })
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
	if err != nil {
		return failed("--since takes the output folder of an earlier wardbook assess", err)
	}
	g.Files = append(g.Files, in)
	return nil
}

// ReadAssessment reads the JSON of an assessment.
func ReadAssessment(r io.Reader) (*wardbook.Assessment, error) {
	var a wardbook.Assessment
	if err := json.UnmarshalRead(r, &a); err != nil {
		return nil, err
	}
	if a.Schema != wardbook.AssessmentSchema {
		return nil, fmt.Errorf("this is a %q, %q is needed", a.Schema, wardbook.AssessmentSchema)
	}
	return &a, nil
}

func (g *Gathered) readInventories() error {
	o := Options{Catalog: g.Catalog}
	if g.paths.Columns != "" {
		d, err := small(g.paths.Columns, wardbook.InputColumns)
		if err != nil {
			return err
		}
		o.Columns = d.Columns
		g.take(d)
	}
	var at []int
	for _, path := range g.paths.Inventory {
		err := intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
			d := &Document{Input: wardbook.Input{Path: f.Name, Kind: wardbook.InputInventory}}
			if err := stream(f, &d.Input, func(r io.Reader) error { return d.decodeStream(r, o) }); err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
			g.Inventories = append(g.Inventories, d.Inventory)
			at = append(at, len(g.Files))
			g.take(d)
			return nil
		})
		if err != nil {
			return failed("an inventory is a CSV or XLSX file with one device a row", err)
		}
	}
	inventory.Unique(g.Inventories)
	for i, doc := range g.Inventories {
		g.Files[at[i]].Problems = doc.Problems
		if g.devices == nil { // mostly there is one inventory
			g.devices = doc.Devices
		} else {
			g.devices = append(g.devices, doc.Devices...)
		}
		doc.Devices = nil
	}
	return nil
}

// each reads every file of paths and decodes several at a time; they are taken
// in the order of the files.
func (g *Gathered) each(kind wardbook.InputKind, paths []string) error {
	type job struct {
		doc *Document
		err error
		ok  chan struct{}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var jobs []*job
	flush := func(all bool) {
		for len(jobs) > 0 && (all || len(jobs) > 4*cap(slots)) {
			j := jobs[0]
			<-j.ok
			if j.err != nil {
				g.refuse(j.doc.Input, j.err)
			} else {
				g.take(j.doc)
			}
			jobs = jobs[1:]
		}
	}
	for _, path := range paths {
		err := intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
			if err := g.ctx.Err(); err != nil {
				return err
			}
			j := &job{doc: &Document{Input: wardbook.Input{Path: f.Name, Kind: kind}}, ok: make(chan struct{})}
			slots <- struct{}{}
			buf := buffers.Get().(*bytes.Buffer)
			var b []byte
			err := stream(f, &j.doc.Input, func(r io.Reader) (err error) { b, err = readAll(buf, r, f.Size); return err })
			jobs = append(jobs, j)
			if err != nil {
				j.err = err
				close(j.ok)
				<-slots
				return nil
			}
			wg.Add(1)
			go func() {
				defer func() { buffers.Put(buf); <-slots; close(j.ok); wg.Done() }()
				j.err = j.doc.decode(b)
			}()
			flush(false)
			return nil
		})
		if err != nil {
			wg.Wait()
			return err
		}
	}
	flush(true)
	wg.Wait()
	return nil
}

// buffers hold the bytes of files while they are decoded; decoders keep nothing
// of them.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// readAll reads all of r into buf, which is made for size bytes, the stored
// size: what was compressed needs more, and gets it.
func readAll(buf *bytes.Buffer, r io.Reader, size int64) ([]byte, error) {
	const most = 64 << 20
	buf.Reset()
	buf.Grow(int(min(max(size, 0), most)) + bytes.MinRead)
	_, err := buf.ReadFrom(r)
	return buf.Bytes(), err
}
