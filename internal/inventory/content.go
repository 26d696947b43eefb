package inventory

import (
	"net/netip"
	"strings"
)

// share is the part of vs for which ok holds; 0 when there are fewer than
// three values, from which nothing can be concluded.
func share(vs []string, ok func(string) bool) float64 {
	if len(vs) < 3 {
		return 0
	}
	n := 0
	for _, v := range vs {
		if ok(v) {
			n++
		}
	}
	return float64(n) / float64(len(vs))
}

// distinct is the share of different values.
func distinct(vs []string) float64 {
	if len(vs) == 0 {
		return 0
	}
	seen := map[string]bool{}
	for _, v := range vs {
		seen[v] = true
	}
	return float64(len(seen)) / float64(len(vs))
}

// doubt takes a field away from a column whose values contradict its header.
func doubt(c *Column, vs []string, rows int, opts Options) {
	because := func(why string) { c.Field, c.Confidence, c.Why = Ignore, 0, why }
	if len(vs) < 5 {
		return
	}
	switch c.Field {
	case IP:
		if share(vs, isIP) < 0.2 {
			because("it is named as if it held IP addresses and does not")
		}
	case MAC:
		if share(vs, isMAC) < 0.2 {
			because("it is named as if it held MAC addresses and does not")
		}
	case Version:
		if share(vs, hasDigit) < 0.3 {
			because("it is named as if it held versions and its values have no digits")
		}
	case AssetID:
		if len(vs) >= 10 && distinct(vs) < 0.3 {
			because("it is named as if it held asset ids and its values repeat")
		}
	case Serial:
		if len(vs) >= 20 && distinct(vs) < 0.1 {
			because("it is named as if it held serial numbers and its values repeat")
		}
	case Model:
		if opts.Makers != nil && share(vs, func(v string) bool {
			_, rest, ok := opts.Makers(v)
			return ok && rest == ""
		}) > 0.8 {
			c.Field, c.Confidence, c.Why = Manufacturer, 0.7, "its values are names of makers"
		}
	}
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

func isIP(s string) bool {
	if first, _, ok := strings.Cut(s, "/"); ok {
		s = first
	}
	a, err := netip.ParseAddr(s)
	return err == nil && (a.Is4() || strings.Count(s, ":") >= 2)
}

// isMAC accepts 00:11:22:33:44:55, 00-11-…, 0011.2233.4455 and 001122334455.
func isMAC(s string) bool {
	hex, sep := 0, 0
	letters := false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			hex++
		case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			hex++
			letters = true
		case c == ':' || c == '-' || c == '.':
			sep++
		default:
			return false
		}
	}
	return hex == 12 && (sep == 5 || sep == 2 || (sep == 0 && letters))
}

func isUDI(s string) bool {
	if len(s) < 12 || s[0] == ' ' {
		return false
	}
	u, err := ParseUDI(s)
	return err == nil && u.Checked
}

// isVersion accepts "1.2", "v3.4.5", "B.02.15", "K2.1": parts with dots, digits
// among them.
func isVersion(s string) bool {
	if len(s) > 24 || !strings.Contains(s, ".") || !hasDigit(s) || isIP(s) {
		return false
	}
	for part := range strings.SplitSeq(strings.TrimLeft(strings.ToLower(s), "v "), ".") {
		if part == "" || len(part) > 8 {
			return false
		}
		for _, r := range part {
			if (r < '0' || r > '9') && (r < 'a' || r > 'z') && r != '-' && r != '_' && r != ' ' {
				return false
			}
		}
	}
	// A date is not a version.
	parts := strings.Split(s, ".")
	return len(parts) != 3 || len(parts[2]) != 4 || !strings.HasPrefix(parts[2], "20")
}

// isIdentifier accepts values like asset and serial numbers: no spaces, some
// digits.
func isIdentifier(s string) bool {
	return len(s) >= 3 && len(s) <= 30 && !strings.Contains(s, " ") && hasDigit(s) && !isIP(s) && !isMAC(s) && !isVersion(s) && !strings.ContainsAny(s, "/@,")
}

// byContent gives a field to a column of unknown name by its values.
func byContent(m *Mapping, c *Column, vs []string, opts Options) {
	for w := range strings.FieldsSeq(normHeader(c.Header)) {
		if against[w] {
			c.Why = "“" + w + "” in its name says that it is another thing"
			return
		}
	}
	set := func(f Field, confidence float64, why string) {
		if !m.Has(f) {
			c.Field, c.Confidence, c.Why, c.rank = f, confidence, why, 200+c.Index
		}
	}
	switch {
	case share(vs, isMAC) >= 0.8:
		set(MAC, 0.9, "its values are MAC addresses")
	case share(vs, isIP) >= 0.8:
		set(IP, 0.9, "its values are IP addresses")
	case share(vs, isUDI) >= 0.7 && distinct(vs) > 0.05:
		set(UDIField, 0.85, "its values are UDIs whose check digits hold")
	case opts.Makers != nil && share(vs, func(v string) bool { _, _, ok := opts.Makers(v); return ok }) >= 0.5:
		if share(vs, func(v string) bool { _, rest, ok := opts.Makers(v); return ok && rest == "" }) >= 0.4 {
			set(Manufacturer, 0.8, "its values are names of makers")
		} else {
			set(Model, 0.75, "its values begin with names of makers")
		}
	case share(vs, isVersion) >= 0.7:
		set(Version, 0.5, "its values look like versions")
	}
}

// identifiers finds asset ids and serial numbers by content: columns of
// different values without spaces, the first for the asset id.
func identifiers(m *Mapping, values [][]string) {
	for i := range m.Columns {
		c := &m.Columns[i]
		if c.Field != Ignore || strings.HasPrefix(c.Why, "“") || len(values[i]) < 3 {
			continue
		}
		if distinct(values[i]) < 0.95 || share(values[i], isIdentifier) < 0.9 {
			continue
		}
		switch {
		case !m.Has(AssetID):
			c.Field, c.Confidence, c.Why = AssetID, 0.5, "its values differ from row to row like asset ids"
		case !m.Has(Serial):
			c.Field, c.Confidence, c.Why = Serial, 0.4, "its values differ from row to row like serial numbers"
			return
		}
	}
}
