package feed

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"
)

// NVD and the CVE list tell changes record by record. So that nobody reads two
// versions of one record, their records are kept one a line, as they came, in one
// document per year of the CVE id; a change writes the years that it touches anew.

// maxLine is the largest record in bytes.
const maxLine = 32 << 20

var cveID = regexp.MustCompile(`^CVE-([0-9]{4})-([0-9]{4,19})$`)

// years collects records on disk, the last of an id wins.
type years struct {
	dir     string
	read    func(raw []byte) (id string, modified time.Time, err error)
	files   map[int]*yearFile
	records int
}

type yearFile struct {
	f      *os.File
	w      *bufio.Writer
	size   int64
	at     map[string]span
	newest time.Time
}

type span struct {
	offset int64
	length int
}

func newYears(dir string, read func([]byte) (string, time.Time, error)) (*years, error) {
	return &years{dir: dir, read: read, files: map[int]*yearFile{}}, os.MkdirAll(dir, 0o755)
}

// close removes what was collected.
func (y *years) close() {
	for _, f := range y.files {
		_ = f.f.Close()
		_ = os.Remove(f.f.Name())
	}
}

// A badRecord is the error of a record that is left out.
type badRecord struct{ err error }

func (e *badRecord) Error() string { return e.err.Error() }

// add takes a record. The error is a *badRecord, or one of writing.
func (y *years) add(raw []byte) error {
	id, modified, err := y.read(raw)
	if err != nil {
		return &badRecord{err}
	}
	f, err := y.file(id)
	if err != nil {
		return err
	}
	y.records++
	return f.put(id, modified, raw)
}

func yearOf(id string) (int, error) {
	m := cveID.FindStringSubmatch(id)
	if m == nil {
		return 0, fmt.Errorf("%q is no CVE id", id)
	}
	return strconv.Atoi(m[1])
}

func (y *years) file(id string) (*yearFile, error) {
	year, err := yearOf(id)
	if err != nil {
		return nil, &badRecord{err}
	}
	if f := y.files[year]; f != nil {
		return f, nil
	}
	if len(y.files) > 200 {
		return nil, &badRecord{errors.New("CVE ids of more than 200 years")}
	}
	f, err := os.CreateTemp(y.dir, fmt.Sprintf("year-%d-*", year))
	if err != nil {
		return nil, err
	}
	y.files[year] = &yearFile{f: f, w: bufio.NewWriterSize(f, 1<<16), at: map[string]span{}}
	return y.files[year], nil
}

func (f *yearFile) put(id string, modified time.Time, raw []byte) error {
	line := jsontext.Value(bytes.Clone(raw))
	if err := line.Compact(); err != nil {
		return &badRecord{err}
	}
	n, err := f.w.Write(append(line, '\n'))
	f.at[id] = span{f.size, n}
	f.size += int64(n)
	f.newest = later(f.newest, modified)
	return err
}

// old takes the records of an earlier document whose ids are not there yet.
func (y *years) old(f *yearFile, path string) error {
	r, err := os.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	z, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(make([]byte, 1<<16), maxLine)
	for lines.Scan() {
		id, modified, err := y.read(lines.Bytes())
		if err != nil {
			return err
		}
		if _, ok := f.at[id]; ok {
			continue
		}
		if err := f.put(id, modified, lines.Bytes()); err != nil {
			return err
		}
	}
	return lines.Err()
}

// writeTo writes the records in the order of their numbers.
func (f *yearFile) writeTo(w io.Writer) error {
	if err := f.w.Flush(); err != nil {
		return err
	}
	ids := slices.Collect(maps.Keys(f.at))
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	z, err := gzip.NewWriterLevel(w, 4)
	if err != nil {
		return err
	}
	var buf []byte
	for _, id := range ids {
		at := f.at[id]
		buf = slices.Grow(buf[:0], at.length)[:at.length]
		if _, err := f.f.ReadAt(buf, at.offset); err != nil {
			return err
		}
		if _, err := z.Write(buf); err != nil {
			return err
		}
	}
	return z.Close()
}

// addRecord takes a record; one that cannot be used is a problem.
func (r *run) addRecord(y *years, raw []byte, place string) error {
	err := y.add(raw)
	var bad *badRecord
	if errors.As(err, &bad) {
		r.problem(place, "left out: %v", err)
		return nil
	}
	return err
}

// merge puts the collected records into the source's documents. With replace they
// are all there is; else they are added to what is there. The index is changed, not
// saved: either all years are there, or none.
func (r *run) merge(y *years, replace bool) error {
	var fresh []Document
	for _, year := range slices.Sorted(maps.Keys(y.files)) {
		f := y.files[year]
		address := plain(r.src.Address()) + "#" + strconv.Itoa(year)
		have, known := r.st.document(address)
		if known && !replace {
			if err := y.old(f, r.f.Path(have)); err != nil {
				return fmt.Errorf("%s: %w", have.Name, err)
			}
		}
		doc, err := r.writeYear(f, address, fmt.Sprintf("%s-%d.jsonl.gz", r.src.Kind, year))
		if err != nil {
			return err
		}
		switch {
		case !known:
			r.report.New++
		case have.SHA256 == doc.SHA256:
			r.report.Unchanged++
			doc.Fetched = have.Fetched
		default:
			r.report.Changed++
		}
		fresh = append(fresh, doc)
		r.progress(int64(len(fresh)), int64(len(y.files)), doc.Name)
	}
	if replace {
		r.st.Documents, r.st.at = nil, nil
	}
	for _, d := range fresh {
		r.st.put(d)
	}
	r.report.Records += y.records
	return nil
}

func (r *run) writeYear(f *yearFile, address, name string) (Document, error) {
	out, err := os.CreateTemp(filepath.Dir(f.f.Name()), "out-*")
	if err != nil {
		return Document{}, err
	}
	defer os.Remove(out.Name())
	if err := errors.Join(f.writeTo(out), out.Sync(), out.Close()); err != nil {
		return Document{}, err
	}
	sum, size, err := digest(out.Name())
	if err != nil {
		return Document{}, err
	}
	doc := Document{
		Source: r.src.ID, Kind: r.src.Kind, Name: name, URL: address, SHA256: sum, Size: size, Fetched: r.now(), Newest: f.newest,
	}
	return doc, adopt(out.Name(), r.f.Path(doc))
}

// readNVD is id and date of an item of NVD's API.
func readNVD(raw []byte) (string, time.Time, error) {
	var v struct {
		CVE struct {
			ID       string `json:"id"`
			Modified string `json:"lastModified"`
		} `json:"cve"`
	}
	err := json.Unmarshal(raw, &v)
	return v.CVE.ID, parseDate(v.CVE.Modified), err
}

// readCVE5 is id and date of a CVE record.
func readCVE5(raw []byte) (string, time.Time, error) {
	var v struct {
		Metadata struct {
			ID      string `json:"cveId"`
			Updated string `json:"dateUpdated"`
		} `json:"cveMetadata"`
	}
	err := json.Unmarshal(raw, &v)
	return v.Metadata.ID, parseDate(v.Metadata.Updated), err
}
