package inventory

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
)

// refuseZip says what a zip archive is that is no XLSX workbook.
func refuseZip(b []byte) string {
	zr, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return "this looks like an Excel workbook (XLSX) and is damaged: " + err.Error()
	}
	const save = "; save it as XLSX or CSV"
	for _, f := range zr.File {
		switch {
		case f.Name == "xl/workbook.xml":
			return ""
		case f.Name == "xl/workbook.bin":
			return "this is a binary Excel workbook (.xlsb)" + save
		case strings.HasPrefix(f.Name, "word/"):
			return "this is a Word document (DOCX)" + save
		case strings.HasPrefix(f.Name, "ppt/"):
			return "this is a PowerPoint document (PPTX)" + save
		case f.Name == "mimetype":
			return openDocument(f) + save
		case strings.HasSuffix(f.Name, ".numbers"), strings.HasPrefix(f.Name, "Index/"):
			return "this is an Apple Numbers document" + save
		}
	}
	for _, f := range zr.File { // other writers name the workbook otherwise
		if strings.HasPrefix(f.Name, "xl/") || f.Name == "[Content_Types].xml" {
			return ""
		}
	}
	return "this is a zip archive that is no workbook; unpack it first"
}

func openDocument(f *zip.File) string {
	r, err := f.Open()
	if err == nil {
		defer r.Close() //nolint:errcheck // only read
		if b, err := io.ReadAll(io.LimitReader(r, 100)); err == nil && bytes.Contains(b, []byte("spreadsheet")) {
			return "this is an OpenDocument spreadsheet (ODS)"
		}
	}
	return "this is an OpenDocument file"
}

// A numberScan reads beside excelize which cells of a sheet are stored as
// numbers, and as which: its row iterator gives every cell as text alone.
type numberScan struct {
	dec   *xml.Decoder
	file  io.Closer
	at    int // number of the row in cells
	cells []string
	err   error
}

// scanNumbers opens the XML of a sheet. A scan that cannot be opened says of
// no cell that it is a number.
func scanNumbers(b []byte, sheet string) *numberScan {
	s := &numberScan{}
	zr, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		s.err = err
		return s
	}
	name, err := sheetPath(zr, sheet)
	if err != nil {
		s.err = err
		return s
	}
	f, err := zr.Open(name)
	if err != nil {
		s.err = err
		return s
	}
	s.file = f
	s.dec = xml.NewDecoder(io.LimitReader(f, unzipLimit))
	return s
}

// sheetPath follows workbook.xml and its relationships to the XML of a sheet.
func sheetPath(zr *zip.Reader, sheet string) (string, error) {
	var wb struct {
		Sheets []struct {
			Name string     `xml:"name,attr"`
			Attr []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := readXML(zr, "xl/workbook.xml", &wb); err != nil {
		return "", err
	}
	var rels struct {
		Rel []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := readXML(zr, "xl/_rels/workbook.xml.rels", &rels); err != nil {
		return "", err
	}
	for _, s := range wb.Sheets {
		if s.Name != sheet {
			continue
		}
		for _, a := range s.Attr {
			if a.Name.Local != "id" {
				continue
			}
			for _, r := range rels.Rel {
				if r.ID != a.Value {
					continue
				}
				if abs, ok := strings.CutPrefix(r.Target, "/"); ok {
					return abs, nil
				}
				return path.Join("xl", r.Target), nil
			}
		}
	}
	return "", errors.New("the sheet is not in the workbook's list")
}

func readXML(zr *zip.Reader, name string, v any) error {
	f, err := zr.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	return xml.NewDecoder(io.LimitReader(f, 8<<20)).Decode(v)
}

// row returns the stored numbers of row n by column; text cells are empty.
func (s *numberScan) row(n int) []string {
	for s.dec != nil && s.at < n {
		if err := s.advance(); err != nil {
			if !errors.Is(err, io.EOF) {
				s.err = err
			}
			s.dec = nil
		}
	}
	if s.at == n {
		return s.cells
	}
	return nil
}

// advance reads the next row element.
func (s *numberScan) advance() error {
	for {
		tok, err := s.dec.RawToken()
		if err != nil {
			return err
		}
		el, ok := tok.(xml.StartElement)
		if !ok || el.Name.Local != "row" {
			continue
		}
		s.at++
		if r := attr(el, "r"); isDigits(r) && len(r) <= 7 {
			s.at = max(s.at, num(r))
		}
		s.cells = s.cells[:0]
		return s.readCells()
	}
}

func (s *numberScan) readCells() error {
	col, number, inValue := -1, false, false
	for {
		tok, err := s.dec.RawToken()
		if err != nil {
			return err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "c":
				col++
				if i := columnIndex(strings.TrimRight(attr(t, "r"), "0123456789")); i >= 0 && i < 16384 {
					col = i
				}
				kind := attr(t, "t")
				number = kind == "" || kind == "n"
			case "v":
				inValue = true
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "v":
				inValue = false
			case "row":
				return nil
			}
		case xml.CharData:
			if inValue && number && col >= 0 {
				for len(s.cells) <= col {
					s.cells = append(s.cells, "")
				}
				s.cells[col] = string(t)
			}
		}
	}
}

func attr(el xml.StartElement, name string) string {
	for _, a := range el.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func (s *numberScan) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
}
