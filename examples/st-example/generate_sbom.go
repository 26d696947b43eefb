//go:build ignore

package main

import (
	"encoding/xml"
	"fmt"
	"strings"
)

const sbomDate = "2025-06-02T08:00:00Z"

type component struct{ kind, group, name, version, purl, cpe, supplier, licence, supportEnd string }

// An sbom is one section of facts/components.csv.
type sbom struct {
	file, format, maker, model, version, purl, cpe string
	components                                     []component
}

// serial is the CycloneDX serial number.
func (s sbom) serial() string { return "urn:uuid:" + uuid(s.file) }

func sboms() []sbom {
	var out []sbom
	for _, f := range records("facts/components.csv") {
		if strings.HasPrefix(f[0], "@") {
			out = append(out, sbom{f[0][1:], f[1], f[2], f[3], f[4], f[5], f[6], nil})
			continue
		}
		s := &out[len(out)-1]
		s.components = append(s.components, component{f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8]})
	}
	return out
}

func writeSBOMs() {
	for _, s := range sboms() {
		path := "sbom/" + s.file
		switch s.format {
		case "cdx-json":
			writeJSON(path, s.cycloneDX())
		case "cdx-xml":
			write(path, s.cycloneDXXML())
		case "spdx-json":
			writeJSON(path, s.spdx())
		case "spdx-tag":
			write(path, s.spdxTag())
		case "spdx3":
			writeJSON(path, s.spdx3())
		}
	}
}

func ref(i int) string { return fmt.Sprintf("component-%d", i+1) }

func (s sbom) cycloneDX() object {
	main := object{"type": "device", "bom-ref": "device", "name": s.model, "version": s.version, "purl": s.purl,
		"supplier": object{"name": s.maker}, "manufacturer": object{"name": s.maker}}
	if s.cpe != "" {
		main["cpe"] = s.cpe
	}
	var components, needs list
	for i, c := range s.components {
		o := object{"type": c.kind, "bom-ref": ref(i), "name": c.name, "version": c.version}
		for key, value := range map[string]string{"group": c.group, "purl": c.purl, "cpe": c.cpe} {
			if value != "" {
				o[key] = value
			}
		}
		if c.supplier != "" {
			o["supplier"] = object{"name": c.supplier}
		}
		if c.licence != "" {
			o["licenses"] = list{object{"license": object{"id": c.licence}}}
		}
		if c.supportEnd != "" {
			o["properties"] = list{object{"name": "cdx:lifecycle:milestone:endOfSupport", "value": c.supportEnd}}
		}
		components = append(components, o)
		needs = append(needs, ref(i))
	}
	return object{"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": s.serial(), "version": 1,
		"metadata":   object{"timestamp": sbomDate, "component": main, "supplier": object{"name": s.maker}, "authors": list{object{"name": s.maker + " product security"}}},
		"components": components, "dependencies": list{object{"ref": "device", "dependsOn": needs}}}
}

func (s sbom) cycloneDXXML() []byte {
	var b strings.Builder
	e := func(v string) string {
		var t strings.Builder
		must(xml.EscapeText(&t, []byte(v)))
		return t.String()
	}
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.4" serialNumber="%s" version="1">
  <metadata>
    <timestamp>%s</timestamp>
    <authors><author><name>%s product security</name></author></authors>
    <component type="device" bom-ref="device">
      <supplier><name>%s</name></supplier>
      <name>%s</name>
      <version>%s</version>
      <purl>%s</purl>
    </component>
    <supplier><name>%s</name></supplier>
  </metadata>
  <components>
`, s.serial(), sbomDate, e(s.maker), e(s.maker), e(s.model), s.version, s.purl, e(s.maker))
	for i, c := range s.components {
		fmt.Fprintf(&b, "    <component type=%q bom-ref=%q>\n", c.kind, ref(i))
		if c.supplier != "" {
			fmt.Fprintf(&b, "      <supplier><name>%s</name></supplier>\n", e(c.supplier))
		}
		fmt.Fprintf(&b, "      <name>%s</name>\n      <version>%s</version>\n", e(c.name), e(c.version))
		if c.licence != "" {
			fmt.Fprintf(&b, "      <licenses><license><id>%s</id></license></licenses>\n", c.licence)
		}
		if c.cpe != "" {
			fmt.Fprintf(&b, "      <cpe>%s</cpe>\n", e(c.cpe))
		}
		if c.purl != "" {
			fmt.Fprintf(&b, "      <purl>%s</purl>\n", e(c.purl))
		}
		if c.supportEnd != "" {
			fmt.Fprintf(&b, "      <properties><property name=\"cdx:lifecycle:milestone:endOfSupport\">%s</property></properties>\n", c.supportEnd)
		}
		b.WriteString("    </component>\n")
	}
	b.WriteString("  </components>\n  <dependencies>\n    <dependency ref=\"device\">\n")
	for i := range s.components {
		fmt.Fprintf(&b, "      <dependency ref=%q/>\n", ref(i))
	}
	b.WriteString("    </dependency>\n  </dependencies>\n</bom>\n")
	return []byte(b.String())
}
