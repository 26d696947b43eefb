package sbom

import (
	"strings"

	gocpe "github.com/knqyf263/go-cpe/naming"
	packageurl "github.com/package-url/packageurl-go"
)

// checkPurl returns what is wrong with a package URL, or "". The plain shape,
// pkg:type/name@version of unreserved characters, needs no parser; all else is
// the library's to judge.
func checkPurl(s string) string {
	if plainPurl(s) {
		return ""
	}
	if _, err := packageurl.FromString(s); err != nil {
		return err.Error()
	}
	return ""
}

func plainPurl(s string) bool {
	rest, ok := strings.CutPrefix(s, "pkg:")
	if !ok {
		return false
	}
	slash := strings.IndexByte(rest, '/')
	if slash < 1 || len(rest) == slash+1 {
		return false
	}
	for i := 0; i < slash; i++ {
		c := rest[i]
		if !('a' <= c && c <= 'z' || i > 0 && '0' <= c && c <= '9') {
			return false
		}
	}
	switch rest[:slash] { // types with rules of their own
	case "conan", "cran", "swift", "julia", "mlflow", "huggingface", "vscode-extension", "cpan", "otp":
		return false
	}
	at := -1
	last := byte('/')
	for i := slash + 1; i < len(rest); i++ {
		c := rest[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_', c == '~', c == '+':
		case c == '/' && at < 0:
			if last == '/' {
				return false
			}
		case c == '@' && at < 0:
			if last == '/' {
				return false
			}
			at = i
		case c == '%' && i+2 < len(rest) && isHex(rest[i+1]) && isHex(rest[i+2]):
		case c == '?' || c == '#':
			return last != '/' && plainQualifiers(rest[i:])
		default:
			return false
		}
		last = c
	}
	return last != '/' && last != '@'
}

// plainQualifiers reports whether s is "?key=value&key=value" of plain
// characters.
func plainQualifiers(s string) bool {
	if s[0] != '?' || len(s) == 1 {
		return false
	}
	key, value := 0, -1
	for i := 1; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '&' || c == '=':
			if c == '=' {
				if value >= 0 || key == 0 {
					return false
				}
				value = 0
				continue
			}
			if value <= 0 {
				return false
			}
			key, value = 0, -1
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9' && key+max(value, 0) > 0, c == '_', c == '.', c == '-':
			if value >= 0 {
				value++
			} else {
				key++
			}
		case value >= 0 && ('A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == ':' || c == '/' || c == '+' || c == '~'):
			value++
		case value >= 0 && c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			value++
		default:
			return false
		}
	}
	return value > 0
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// checkCPE returns what is wrong with a CPE name (NIST IR 7695), or "".
func checkCPE(s string) string {
	if plainCPE(s) {
		return ""
	}
	return parseCPE(s)
}

// parseCPE asks the library, which panics on some broken names.
func parseCPE(s string) (why string) {
	defer func() {
		if recover() != nil {
			why = "it cannot be parsed"
		}
	}()
	switch {
	case strings.HasPrefix(s, "cpe:2.3:"):
		if _, err := gocpe.UnbindFS(s); err != nil {
			return err.Error()
		}
	case strings.HasPrefix(s, "cpe:/"):
		if _, err := gocpe.UnbindURI(s); err != nil {
			return err.Error()
		}
	default:
		return "it starts with neither cpe:2.3: nor cpe:/"
	}
	return ""
}

// plainCPE reports whether s is a formatted string of plain characters with
// its eleven attributes.
func plainCPE(s string) bool {
	rest, ok := strings.CutPrefix(s, "cpe:2.3:")
	if !ok || len(rest) < 2 || rest[1] != ':' {
		return false
	}
	switch rest[0] {
	case 'a', 'o', 'h', '*', '-':
	default:
		return false
	}
	colons, size := 0, 0
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		switch {
		case c == ':':
			if size == 0 {
				return false
			}
			colons++
			size = 0
			continue
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '.', c == '-':
		case c == '\\' && i+1 < len(rest) && (rest[i+1] == '.' || rest[i+1] == '-' || rest[i+1] == '+' ||
			rest[i+1] == ':' || rest[i+1] == '/' || rest[i+1] == '@' || rest[i+1] == '~' || rest[i+1] == '!'):
			i++
		case c == '*' && size == 0 && (i+1 == len(rest) || rest[i+1] == ':'):
		default:
			return false
		}
		size++
	}
	return colons == 10 && size > 0
}
