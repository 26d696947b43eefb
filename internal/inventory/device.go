package inventory

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wardbook/wardbook"
)

const (
	maxInterned = 1 << 16 // values of which one copy is kept
	longestKept = 256     // bytes of such a value
)

// A word is a value that recurs, cleaned and understood once.
type word struct {
	text string // empty when it only says that nothing is known
	raw  string // cleaned, also when text is empty ("0", "none")
	life *wardbook.Ternary
}

// A wordIn is a word in a column: the same "yes" means different things.
type wordIn struct {
	col int
	w   *word
}

// A rowDecoder turns rows into devices.
type rowDecoder struct {
	file   string
	opts   Options
	header []string
	width  int  // cells of the header; 0: there is none
	even   bool // rows have that many cells, so a shorter one is torn
	cols   map[Field][]Column
	plan   []fieldColumns
	mapped []int // indices of columns in use

	words  map[string]*word
	states map[wordIn]wardbook.ServiceState
	yesNo  map[wordIn]wardbook.Ternary
	split  map[string]makerSplit
	ids    map[string]int // asset id → row where it stood first
	ps     wardbook.Problems
	copies map[string]int // asset id → number of its last copy
	faults map[string]*faultRun
	odd    map[string]*oddWord
	order  []string // keys of odd, as they were met

	rows, devices int
	// of the current row
	n      int
	dev    wardbook.Device
	cells  [][]byte
	cur    tableRow
	buf    []byte
	values [8]span
	cellsB [][]byte
}

type fieldColumns struct {
	field Field
	cols  []Column
}

type span struct{ from, to int }

type makerSplit struct {
	maker, rest string
	ok          bool
}

func newRowDecoder(file string, header []string, m Mapping, opts Options) *rowDecoder {
	d := &rowDecoder{file: file, opts: opts, header: header, width: len(header), cols: map[Field][]Column{},
		words: map[string]*word{}, states: map[wordIn]wardbook.ServiceState{}, yesNo: map[wordIn]wardbook.Ternary{}, split: map[string]makerSplit{}, ids: map[string]int{}, copies: map[string]int{},
		faults: map[string]*faultRun{}, odd: map[string]*oddWord{}}
	for _, f := range Fields {
		if cols := m.Of(f); f != Ignore && len(cols) > 0 {
			d.cols[f] = cols
			d.plan = append(d.plan, fieldColumns{f, cols})
			for _, c := range cols {
				d.mapped = append(d.mapped, c.Index)
			}
		}
	}
	return d
}

// row reads one row and calls fn with its device, if it is one.
func (d *rowDecoder) row(r tableRow, fn func(*wardbook.Device) error) error {
	d.cells = r.cells(d.cellsB)
	if _, ok := r.(sampled); ok {
		d.cellsB = d.cells
	}
	d.n, d.cur = r.number(), r
	filled, last := 0, -1
	for i, c := range d.cells {
		if !blank(c) {
			filled++
			last = i
		}
	}
	if filled == 0 {
		return nil
	}
	d.rows++
	if d.notDevice(filled) {
		return nil
	}
	if last >= d.width && d.width > 0 {
		d.fault(last, "the row has %d cells and the header %d: a delimiter inside a value may have moved what follows it", last+1, d.width)
	} else if d.even && len(d.cells) < d.width {
		d.rowFault(fmt.Sprintf("the row has %d of %d cells: it may be torn", len(d.cells), d.width))
	}
	dev := &d.dev
	*dev = wardbook.Device{}
	d.recurring(dev)
	d.unique(dev)
	d.readUDI(dev)
	d.maker(dev)
	if !d.usable(dev) {
		return nil
	}
	d.devices++
	return fn(dev)
}

func blank(b []byte) bool {
	for _, c := range b {
		if c != ' ' && c != '\t' && c != 0 && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}

// recurring sets the fields whose values repeat from row to row.
func (d *rowDecoder) recurring(dev *wardbook.Device) {
	for _, p := range d.plan {
		if p.field.unique() {
			continue
		}
		switch p.field {
		case Service:
			d.service(dev, p.cols)
		case LifeSupport, Redundancy:
			d.answer(dev, p)
		default:
			for _, c := range p.cols {
				if w := d.word(c.Index); w.text != "" {
					d.set(dev, p.field, c, w)
					break
				}
			}
		}
	}
}

func (d *rowDecoder) set(dev *wardbook.Device, f Field, c Column, w *word) {
	s := w.text
	switch f {
	case Manufacturer:
		dev.Manufacturer = s
	case Model:
		dev.Model = s
	case ModelNumber:
		dev.ModelNumber = s
	case Version:
		dev.Version = d.version(c, s)
	case Type:
		dev.Type = s
	case Site:
		dev.Site = s
	case Location:
		dev.Location = s
	case Zone:
		dev.Zone = s
	case OS:
		dev.OS = s
	case OSVersion:
		if !strings.Contains(dev.OS, s) {
			dev.OS = d.join(dev.OS, s)
		}
	case Criticality:
		if v, ok := d.explained(Criticality, s); ok {
			s = v
		}
		dev.Criticality = s
		if w.life == nil {
			t := lifeSupport(s)
			w.life = &t
		}
		if dev.LifeSupport == wardbook.Unknown {
			dev.LifeSupport = *w.life
		}
	}
}

// join keeps one copy of "Windows 10" and "22H2" joined.
func (d *rowDecoder) join(a, b string) string {
	key := strings.TrimSpace(a + " " + b)
	if w, ok := d.words[key]; ok && w.text == key {
		return w.text
	}
	return key
}

// version names what a spreadsheet does to versions.
func (d *rowDecoder) version(c Column, s string) string {
	switch {
	case looksLikeMadeDate(s):
		d.fault(c.Index, "the version %q looks like a date that a spreadsheet made of a number such as 1.2: it counts as unknown", s)
		return ""
	case d.cur.numeric(c.Index) && strings.Contains(s, "."):
		d.fault(c.Index, "the version is stored as a number, so 1.10 and 1.1 cannot be told apart: read as %s", s)
	case d.cur.numeric(c.Index) && strings.ContainsAny(s, "/:-"):
		d.fault(c.Index, "the version is stored as the date %s, which a spreadsheet may have made of a number such as 1.2: it counts as unknown", s)
		return ""
	case looksShortened(s):
		d.fault(c.Index, "the version %s was shortened by a spreadsheet: it counts as unknown", s)
		return ""
	}
	return s
}

// noWord is the value of an empty cell.
var noWord = &word{}

// word returns the recurring value in column i.
func (d *rowDecoder) word(i int) *word {
	if i >= len(d.cells) || len(d.cells[i]) == 0 {
		return noWord
	}
	raw := d.cells[i]
	if w, ok := d.words[string(raw)]; ok {
		return w
	}
	text := cleanText(raw)
	w := &word{text: text, raw: text}
	if isUnknown(text) {
		w.text = ""
	}
	if len(d.words) < maxInterned && len(raw) <= longestKept {
		d.words[string(raw)] = w
	}
	return w
}

// uniqueFields in the order in which their values lie in the row's buffer.
var uniqueFields = []Field{AssetID, Serial, UDIField, IP, MAC}

// unique sets the fields whose values differ from row to row. They and the
// place share one string, so that a row costs few allocations; the id has its
// own, since it is kept when the device is not.
func (d *rowDecoder) unique(dev *wardbook.Device) {
	d.buf = d.buf[:0]
	for i, f := range uniqueFields {
		from := len(d.buf)
		for _, c := range d.cols[f] {
			if c.Index >= len(d.cells) {
				continue
			}
			d.buf = cleanBytes(d.buf, d.cells[c.Index])
			if unknownBytes(d.buf[from:]) {
				d.buf = d.buf[:from]
				continue
			}
			if looksShortenedBytes(d.buf[from:]) {
				d.fault(c.Index, "the %s %s was shortened by a spreadsheet, digits are lost", f, d.buf[from:])
			}
			break
		}
		d.values[i] = span{from, len(d.buf)}
	}
	d.buf = append(d.buf, d.file...)
	colon := len(d.buf)
	d.buf = append(d.buf, " row "...)
	d.buf = strconv.AppendInt(d.buf, int64(d.n), 10)
	s := string(d.buf)
	at := func(i int) string { return s[d.values[i].from:d.values[i].to] }
	dev.ID = strings.Clone(at(0))
	dev.Serial, dev.UDI, dev.IP, dev.MAC = at(1), at(2), at(3), at(4)
	dev.Place = s[colon-len(d.file):]
}

// unknownBytes is isUnknown without a conversion for the values that most
// rows have: longer than four bytes and with a digit.
func unknownBytes(b []byte) bool {
	if len(b) > longestUnknown {
		return false
	}
	if len(b) > 4 && b[0] != '#' {
		for _, c := range b {
			if c >= '0' && c <= '9' {
				return false
			}
		}
	}
	return isUnknown(string(b))
}

func looksShortenedBytes(b []byte) bool {
	for i, c := range b {
		if c == '+' && i > 0 && (b[i-1] == 'E' || b[i-1] == 'e') {
			return looksShortened(string(b))
		}
	}
	return false
}

// readUDI takes the UDI apart; it also knows serial number and version where
// the inventory has no column for them.
func (d *rowDecoder) readUDI(dev *wardbook.Device) {
	if dev.UDI == "" {
		return
	}
	u, err := ParseUDI(dev.UDI)
	if err != nil {
		d.fault(d.cols[UDIField][0].Index, "the UDI cannot be used: %v", err)
	}
	dev.UDIDI = u.DI
	if dev.Serial == "" {
		dev.Serial = u.Serial
	}
	if dev.Version == "" {
		dev.Version = u.Version
	}
}

// maker fills the maker from the start of the model's name, and takes it off
// there.
func (d *rowDecoder) maker(dev *wardbook.Device) {
	if d.opts.Makers == nil || dev.Manufacturer != "" {
		return
	}
	for _, text := range []*string{&dev.Model, &dev.Type} {
		if *text == "" {
			continue
		}
		m, ok := d.split[*text]
		if !ok {
			m.maker, m.rest, m.ok = d.opts.Makers(*text)
			m.rest = strings.TrimLeft(m.rest, " ,;:-–/")
			if len(d.split) < maxInterned {
				d.split[*text] = m
			}
		}
		if !m.ok {
			continue
		}
		dev.Manufacturer = m.maker
		if text == &dev.Model && m.rest != "" {
			dev.Model = m.rest
		}
		return
	}
}

// usable says whether the row is a device, and names it.
func (d *rowDecoder) usable(dev *wardbook.Device) bool {
	if dev.ID == "" && dev.Manufacturer == "" && dev.Model == "" && dev.ModelNumber == "" && dev.Serial == "" && dev.UDI == "" {
		d.rowFault("no asset id, maker, model, serial number or UDI: the row was not used")
		return false
	}
	switch {
	case dev.Manufacturer == "" && dev.Model == "" && dev.ModelNumber == "":
		d.rowFault("neither maker nor model: the device cannot be matched by name")
	case dev.Model == "" && dev.ModelNumber == "":
		d.rowFault("no model: the device cannot be matched by name")
	case dev.Manufacturer == "" && len(d.cols[Manufacturer]) > 0:
		d.rowFault("no maker: the model alone may not be enough to match the device")
	}
	if dev.ID == "" {
		dev.ID = d.file + ":" + strconv.Itoa(d.n)
		if len(d.cols[AssetID]) > 0 {
			d.rowFault("no asset id: the device is named after its row")
		}
	}
	first, repeated := d.ids[dev.ID]
	if !repeated {
		d.ids[dev.ID] = d.n
		return true
	}
	id := dev.ID
	dev.ID, d.copies[id] = nextID(id, d.copies[id], func(s string) bool { _, taken := d.ids[s]; return taken })
	d.ids[dev.ID] = d.n
	col := 0
	if cols := d.cols[AssetID]; len(cols) > 0 {
		col = cols[0].Index
	}
	d.fault(col, "the asset id %q stands in row %d too: this device is named %q", id, first, dev.ID)
	return true
}

// nextID appends "#2", "#3", … to id until nobody has it. last is the number
// that was given last for this id, so that many copies do not take long.
func nextID(id string, last int, taken func(string) bool) (string, int) {
	for n := max(last, 1) + 1; ; n++ {
		if s := id + "#" + strconv.Itoa(n); !taken(s) {
			return s, n
		}
	}
}
