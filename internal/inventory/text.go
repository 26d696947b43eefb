package inventory

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Names of encodings, as a columns file may give them.
const (
	utf8Name    = "utf-8"
	utf16leName = "utf-16le"
	utf16beName = "utf-16be"
	cp1252Name  = "windows-1252"
)

// textEncoding says in which encoding a text starts, by its byte order mark or
// by where its zero bytes stand. A text that is neither is read as UTF-8, and
// each field of it that is not valid UTF-8 as Windows-1252: so one row pasted
// from another program does not spoil the file, and no guess is needed from
// its first bytes.
func textEncoding(head []byte) (name string, bom int) {
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		return utf8Name, 3
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return utf16leName, 2
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return utf16beName, 2
	}
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	pairs := len(head) / 2
	switch {
	case pairs >= 4 && zeros[1]*10 > pairs*4 && zeros[0]*20 < pairs:
		return utf16leName, 0
	case pairs >= 4 && zeros[0]*10 > pairs*4 && zeros[1]*20 < pairs:
		return utf16beName, 0
	}
	return utf8Name, 0
}

// decodeText turns r into UTF-8. want overrules what the bytes look like.
// The result may hold bytes that are not UTF-8 where the name is utf8Name.
func decodeText(r *bufio.Reader, want string) (io.Reader, string, error) {
	head, _ := r.Peek(4096)
	name, bom := textEncoding(head)
	if want != "" {
		if name != want {
			bom = 0
		}
		name = want
	}
	if _, err := r.Discard(bom); err != nil {
		return nil, "", err
	}
	var enc encoding.Encoding
	switch name {
	case utf8Name:
		return r, name, nil
	case utf16leName:
		enc = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case utf16beName:
		enc = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case cp1252Name:
		enc = charmap.Windows1252
	default:
		return nil, "", fmt.Errorf("the encoding %q is not known: it may be %s, %s, %s or %s", want, utf8Name, utf16leName, utf16beName, cp1252Name)
	}
	return transform.NewReader(r, enc.NewDecoder()), name, nil
}

// fromCP1252 reads the bytes of one field as Windows-1252.
func fromCP1252(b []byte) []byte {
	out, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return bytes.ToValidUTF8(b, []byte("\uFFFD"))
	}
	return out
}

// isASCII is the common case, in which a field needs no decoding.
func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// refusal says what a file is that is not a table, by its first bytes; empty
// when it may be one.
func refusal(head []byte) string {
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(head, []byte{0xEF, 0xBB, 0xBF}), " \t\r\n\x00")
	lower := strings.ToLower(string(trimmed[:min(len(trimmed), 512)]))
	has := func(p string) bool { return bytes.HasPrefix(head, []byte(p)) }
	const save = "; save it as XLSX or CSV"
	switch {
	case has("%PDF"):
		return "this is a PDF document, which holds no rows that can be read" + save
	case has("\xD0\xCF\x11\xE0"):
		return "this is an old Excel file (.xls) or a workbook with a password" + save
	case has("\x1F\x8B"), has("BZh"), has("\xFD7zXZ\x00"), has("7z\xBC\xAF"), has("Rar!"):
		return "this is compressed; unpack it first"
	case has("{\\rtf"):
		return "this is a rich text document (RTF)" + save
	case has("SQLite format 3"):
		return "this is an SQLite database; export the table as CSV"
	case has("PAR1"):
		return "this is a Parquet file; export it as CSV"
	case has("\xFF\xFE\x00\x00"), has("\x00\x00\xFE\xFF"):
		return "this is text in UTF-32; save it as UTF-8"
	case has("\x89PNG"), has("\xFF\xD8\xFF"), has("GIF8"), has("II*\x00"), has("MM\x00*"):
		return "this is a picture; an inventory is needed as XLSX or CSV"
	case strings.HasPrefix(lower, "<"):
		return refuseMarkup(lower)
	case jsonLike(lower):
		return "this is JSON, not a table" + save
	case binary(head):
		return "this is binary data of a kind that is not known" + save
	}
	return ""
}

func refuseMarkup(lower string) string {
	switch {
	case strings.Contains(lower, "nmaprun"):
		return "this is an Nmap scan in XML, not an inventory; export the list of devices as XLSX or CSV"
	case strings.Contains(lower, "nessusclientdata"):
		return "this is a Nessus scan in XML, not an inventory; export the list of devices as XLSX or CSV"
	case strings.Contains(lower, "nexposereport"):
		return "this is a Nexpose scan in XML, not an inventory; export the list of devices as XLSX or CSV"
	case strings.Contains(lower, "openvas"), strings.HasPrefix(lower, "<report"):
		return "this is a scanner's report in XML, not an inventory; export the list of devices as XLSX or CSV"
	case strings.Contains(lower, "urn:schemas-microsoft-com:office:spreadsheet"):
		return "this is an Excel 2003 XML spreadsheet; save it as XLSX or CSV"
	case strings.Contains(lower, "<html"), strings.Contains(lower, "<table"), strings.HasPrefix(lower, "<!doctype html"):
		return "this is a web page (HTML), whatever its name says; save it as XLSX or CSV"
	}
	return "this is XML, not a table; save it as XLSX or CSV"
}

func jsonLike(s string) bool {
	if s == "" || (s[0] != '{' && s[0] != '[') {
		return false
	}
	rest := strings.TrimLeft(s[1:], " \t\r\n")
	if s[0] == '{' {
		return strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "}")
	}
	return rest == "" || strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, "[{") || strings.HasPrefix(rest, "]") || strings.HasPrefix(rest, `"`)
}

// binary says whether so many control characters stand in the first bytes that
// they are no text in any of the encodings. Zero bytes are not counted: UTF-16
// and the exports of some databases have them.
func binary(head []byte) bool {
	n := 0
	for _, b := range head {
		if b < 0x20 && b != 0 && b != '\t' && b != '\n' && b != '\r' && b != '\f' && b != 0x1a && b != 0x1f {
			n++
		}
	}
	return n*20 > len(head)
}
