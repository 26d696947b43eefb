package gather

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/intake"
)

// Archive is what Detect says of a zip with files of their own: its members are
// looked at one by one.
const Archive wardbook.InputKind = "archive"

// HeadSize is how many bytes of the beginning of a document Detect needs.
const HeadSize = 64 << 10

// Detect tells by content what a document is, plain or compressed; head is its
// beginning. It is empty for what it does not know. The name only decides
// between tables, which all look alike.
func Detect(name string, head []byte) wardbook.InputKind {
	if intake.Archive(head) {
		return Archive
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return wardbook.InputInventory // a workbook
	}
	b := bytes.TrimLeft(bytes.TrimPrefix(intake.Head(head), []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case len(b) == 0:
		return ""
	case b[0] == '{', b[0] == '[':
		return detectJSON(b)
	case b[0] == '<':
		if bytes.Contains(b, []byte("cyclonedx.org/schema/bom")) {
			return cycloneDX(bytes.Contains(b, []byte("<components")), bytes.Contains(b, []byte("<vulnerabilities")))
		}
		return ""
	case bytes.HasPrefix(b, []byte("SPDXVersion:")):
		return wardbook.InputSBOM
	case bytes.HasPrefix(b, []byte("%PDF")), bytes.HasPrefix(b, []byte("-----BEGIN ")):
		return ""
	}
	return detectText(name, b)
}

func cycloneDX(components, vulnerabilities bool) wardbook.InputKind {
	if vulnerabilities && !components {
		return wardbook.InputVEX
	}
	return wardbook.InputSBOM
}

// outline is what the beginning of a JSON document has at its top: its names,
// with those of the object "document" as "document.category", and short texts.
type outline map[string]string

// outlineOf reads as far as b goes. Of a list or of several objects the first
// object is looked at.
func outlineOf(b []byte) outline {
	dec := jsontext.NewDecoder(bytes.NewReader(b), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	out := outline{}
	if dec.PeekKind() == '[' {
		if _, err := dec.ReadToken(); err != nil {
			return out
		}
	}
	out.object(dec, "")
	return out
}

func (o outline) object(dec *jsontext.Decoder, prefix string) bool {
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != '{' {
		return false
	}
	for dec.PeekKind() == '"' {
		tok, err := dec.ReadToken()
		if err != nil {
			return false
		}
		name := prefix + tok.String()
		o[name] = ""
		if kind := dec.PeekKind(); name == "document" && kind == '{' {
			if !o.object(dec, "document.") {
				return false
			}
			continue
		}
		v, err := dec.ReadValue()
		if err != nil {
			o[name] = string(rest(dec))
			return false
		}
		o[name] = string(v[:min(len(v), 200)])
	}
	_, err := dec.ReadToken()
	return err == nil
}

// rest is the beginning of what could not be read whole.
func rest(dec *jsontext.Decoder) []byte {
	b := dec.UnreadBuffer()
	return b[:min(len(b), 200)]
}

func (o outline) has(names ...string) bool {
	for _, n := range names {
		if _, ok := o[n]; ok {
			return true
		}
	}
	return false
}

func detectJSON(b []byte) wardbook.InputKind {
	o := outlineOf(b)
	switch {
	case o.has("bomFormat"), strings.Contains(o["$schema"], "cyclonedx"):
		return cycloneDX(o.has("components"), o.has("vulnerabilities"))
	case o.has("spdxVersion", "SPDXID"), strings.Contains(o["@context"], "spdx.org"):
		return wardbook.InputSBOM
	case strings.Contains(o["@context"], "openvex"), o.has("statements"):
		return wardbook.InputVEX
	case strings.Contains(o["document.category"], "vex"):
		return wardbook.InputVEX
	case o.has("document"):
		return wardbook.InputAdvisory
	case o.has("catalogVersion"):
		return wardbook.InputKEV
	case o.has("cveMetadata", "dataType", "containers"), // CVE JSON 5
		o.has("resultsPerPage", "CVE_Items", "sourceIdentifier", "cve"), // NVD
		o.has("affected", "schema_version", "withdrawn"), o.has("modified") && o.has("id"):
		return wardbook.InputVulnerabilities
	}
	return ""
}

// detectText tells YAML documents and tables apart.
func detectText(name string, b []byte) wardbook.InputKind {
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return wardbook.InputInventory // UTF-16, as spreadsheets write tables
	}
	if bytes.ContainsRune(b[:min(len(b), 512)], 0) {
		return ""
	}
	line, rest, _ := bytes.Cut(b, []byte("\n"))
	for bytes.HasPrefix(line, []byte("#")) && !bytes.HasPrefix(line, []byte("#model_version")) && len(rest) > 0 {
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
	}
	first := strings.ToLower(strings.TrimSpace(string(line)))
	switch {
	case strings.HasPrefix(first, "#model_version"), strings.HasPrefix(first, "cve,epss"):
		return wardbook.InputEPSS
	case strings.Contains(first, "cveid") && strings.Contains(first, "vendorproject"):
		return wardbook.InputKEV
	}
	has := func(key string) bool {
		return bytes.HasPrefix(b, []byte(key+":")) || bytes.Contains(b, []byte("\n"+key+":"))
	}
	switch {
	case has("matrices"), has("levels") && has("scales"):
		return wardbook.InputPolicy
	case has("answers"):
		return wardbook.InputAnswers
	case has("affected"), has("schema_version"):
		return wardbook.InputVulnerabilities // OSV as YAML
	case has("columns"), has("fields"), has("header_row"):
		return wardbook.InputColumns
	case !yamlKey(first) && tabular(b):
		return wardbook.InputInventory
	}
	return ""
}

// tabular reports whether most of the first lines have a mark that parts cells.
// Exports often begin with a title of their own, so the first line alone does
// not tell.
func tabular(b []byte) bool {
	lines, parted := 0, 0
	for line := range bytes.Lines(b) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if lines++; lines > 30 {
			break
		}
		if bytes.ContainsAny(line, ",;\t|") {
			parted++
		}
	}
	return parted > 0 && 2*parted >= lines
}

// yamlKey reports whether a line begins with a name and a colon, as no row of
// column names does.
func yamlKey(line string) bool {
	name, rest, ok := strings.Cut(line, ":")
	return ok && (rest == "" || rest[0] == ' ') && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") == ""
}
