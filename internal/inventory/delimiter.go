package inventory

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// delimiters are tried in this order; of two that are equally good the first
// is taken. Those of several characters come first, since their single
// characters cut just as evenly.
var delimiters = []string{"|~|", "~|~", "||", "^|^", "::", ";;", ",", ";", "\t", "|", "^", "~", "\x1f"}

// endOfLine is '\n', or '\r' where a sample has that alone.
func endOfLine(sample []byte) byte {
	if bytes.IndexByte(sample, '\n') < 0 && bytes.IndexByte(sample, '\r') >= 0 {
		return '\r'
	}
	return '\n'
}

// chooseDelimiter picks the delimiter that cuts most rows of the sample into
// equally many cells and the header into known names. It returns "" where
// nothing cuts the rows: a file of one column.
func chooseDelimiter(sample []byte, eol byte) string {
	best, bestScore := "", 0.0
	for _, d := range delimiters {
		if !bytes.Contains(sample, []byte(d)) {
			continue
		}
		rows, _ := sampleRows(bytes.NewReader(sample), d, eol, 100)
		score := consistency(rows)
		if score > bestScore+1e-9 {
			best, bestScore = d, score
		}
	}
	return best
}

// consistency is the share of rows that have the most frequent number of
// cells, more for more cells, and more for each known header.
func consistency(rows [][]string) float64 {
	counts := map[int]int{}
	filled, total := 0, 0
	n := 0
	for _, r := range rows {
		if f := filledCells(r); f > 0 {
			counts[len(r)]++
			n++
			filled += f
			total += len(r)
		}
	}
	mode := 0
	for width, c := range counts {
		if c > counts[mode] || (c == counts[mode] && width > mode) {
			mode = width
		}
	}
	if n == 0 || mode < 2 {
		// Rows of very different width, or most of them whole: only a header
		// with known names can speak for the delimiter.
		if h := findHeader(rows); h.known >= 3 {
			return 0.3 * float64(h.known)
		}
		return 0
	}
	score := float64(counts[mode])/float64(n) + 0.02*float64(min(mode, 20))
	// A half of a longer delimiter leaves every other cell empty.
	if filled*2 <= total+n && mode > 2 {
		score -= 0.5
	}
	h := findHeader(rows)
	return score + 0.3*float64(min(h.known+h.scanners, 10))
}

// sampleRows reads at most n records as text.
func sampleRows(r io.Reader, delim string, eol byte, n int) ([][]string, error) {
	c := newCSVReader(r, delim, eol)
	var rows [][]string
	for range n {
		fields, err := c.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, rowText(fields))
	}
	return rows, nil
}

// rowText copies a record.
func rowText(fields [][]byte) []string {
	row := make([]string, len(fields))
	for i, f := range fields {
		row[i] = cleanText(f)
	}
	return row
}

// sepLine reads the line "sep=;" by which Excel tells itself the delimiter.
func sepLine(sample []byte, eol byte) (delim string, length int, ok bool) {
	line, _, found := bytes.Cut(sample, []byte{eol})
	if !found {
		return "", 0, false
	}
	s := strings.Trim(strings.TrimSuffix(string(line), "\r"), `"`)
	if len(s) < 5 || !strings.EqualFold(s[:4], "sep=") || len(s) > 8 {
		return "", 0, false
	}
	return s[4:], len(line) + 1, true
}
