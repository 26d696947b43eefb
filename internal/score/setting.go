package score

import (
	"slices"
	"strings"
	"unsafe"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// A setting is where and how the devices of a risk are used.
type setting struct {
	devices   []string // in use or spare: not retired
	retired   int
	zones     []zoneUse // distinct, in the order of the devices; a nil zone is not known
	areas     []areaUse
	wards     []string
	lifeYes   int
	lifeNo    int
	redundant bool // a replacement is at hand for every device
}

type zoneUse struct {
	zone    *wardbook.Zone
	text    string // as the inventory has it
	devices int
}

type areaUse struct {
	area *wardbook.CareArea
	text string
}

// settingKey tells lists of devices apart: findings of one product mostly
// share one list, which is then looked at once.
type settingKey struct {
	first *string
	n     int
}

func keyOf(ids []string) settingKey { return settingKey{unsafe.SliceData(ids), len(ids)} }

func (s *setting) allRetired() bool { return s.retired > 0 && len(s.devices) == 0 }

// lifeSupport says whether any device sustains life: the inventory's word
// counts before the class's.
func (s *setting) lifeSupport(class *catalog.DeviceClass) (yes bool, why string) {
	switch {
	case s.lifeYes > 0:
		return true, "the inventory marks devices as life support"
	case class == nil || !class.LifeSupport:
		return false, ""
	case s.lifeNo > 0 && s.lifeNo == len(s.devices):
		return false, ""
	}
	return true, "devices of the class " + class.Name + " sustain life"
}

// setting looks at the devices of a group.
func (e *engine) setting(g *group) *setting {
	ids := g.findings[0].Devices
	same := true
	for _, f := range g.findings[1:] {
		if keyOf(f.Devices) != keyOf(ids) && !slices.Equal(f.Devices, ids) {
			same = false
			break
		}
	}
	if !same {
		ids = union(g.findings)
	}
	k := keyOf(ids)
	if s := e.settings[k]; s != nil && same {
		return s
	}
	s := e.look(ids)
	if same {
		e.settings[k] = s
	}
	return s
}

func union(findings []*wardbook.Finding) []string {
	var all []string
	seen := map[string]bool{}
	for _, f := range findings {
		for _, id := range f.Devices {
			if !seen[id] {
				seen[id] = true
				all = append(all, id)
			}
		}
	}
	return all
}

func (e *engine) look(ids []string) *setting {
	s := &setting{devices: ids}
	type place struct{ zone, site, location string }
	seen := map[place]bool{}
	zones := map[string]int{}
	redundant, known := 0, 0
	for _, id := range ids {
		i, ok := e.device[id]
		if !ok {
			continue
		}
		d := &e.in.Devices[i]
		if d.Service == wardbook.Retired {
			s.retired++
			continue
		}
		known++
		switch d.LifeSupport {
		case wardbook.Yes:
			s.lifeYes++
		case wardbook.No:
			s.lifeNo++
		}
		if d.Redundancy == wardbook.Yes {
			redundant++
		}
		p := place{d.Zone, d.Site, d.Location}
		if seen[p] {
			s.zones[zones[d.Zone]].devices++
			continue
		}
		seen[p] = true
		if n, ok := zones[d.Zone]; ok {
			s.zones[n].devices++
		} else {
			zones[d.Zone] = len(s.zones)
			s.zones = append(s.zones, zoneUse{e.zone(d.Zone), d.Zone, 1})
		}
		if w := Ward(d); w != "" {
			s.wards = append(s.wards, w)
		}
		for _, a := range e.careAreas(d.Location) {
			if !slices.ContainsFunc(s.areas, func(u areaUse) bool { return u.area == a }) {
				s.areas = append(s.areas, areaUse{a, d.Location})
			}
		}
	}
	s.redundant = known > 0 && redundant == known
	if len(s.zones) == 0 {
		s.zones = []zoneUse{{}}
	}
	slices.Sort(s.wards)
	s.wards = slices.Compact(s.wards)
	if s.retired > 0 {
		s.devices = slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
			i, ok := e.device[id]
			return ok && e.in.Devices[i].Service == wardbook.Retired
		})
	}
	return s
}

// Ward names the care area of a device: "Site / Location", or what is known of
// it.
func Ward(d *wardbook.Device) string {
	switch {
	case d.Site == "":
		return d.Location
	case d.Location == "":
		return d.Site
	}
	return d.Site + " / " + d.Location
}

// zone recognises the zone of the inventory by the longest of the policy's
// words that stands in it, nil when none does.
func (e *engine) zone(text string) *wardbook.Zone {
	if text == "" {
		return nil
	}
	z, ok := e.zones[text]
	if ok {
		return z
	}
	plain, longest := spaced(text), 0
	for i := range e.pol.Zones {
		if n := longestWord(plain, e.pol.Zones[i].Words); n > longest {
			z, longest = &e.pol.Zones[i], n
		}
	}
	e.zones[text] = z
	return z
}

// careAreas recognises the care areas of a location.
func (e *engine) careAreas(text string) []*wardbook.CareArea {
	if text == "" {
		return nil
	}
	list, ok := e.areas[text]
	if ok {
		return list
	}
	plain := spaced(text)
	for i := range e.pol.Severity.Areas {
		if longestWord(plain, e.pol.Severity.Areas[i].Words) > 0 {
			list = append(list, &e.pol.Severity.Areas[i])
		}
	}
	e.areas[text] = list
	return list
}

// longestWord is the length of the longest word that stands in plain.
func longestWord(plain string, words []string) int {
	longest := 0
	for _, w := range words {
		if s := spaced(w); len(s) > longest && len(s) > 2 && strings.Contains(plain, s) {
			longest = len(s)
		}
	}
	return longest
}

// spaced is a text in lower case with one blank between, before and after its
// words. A number at the end of a word is a word of its own: "ICU2" is an ICU.
func spaced(s string) string {
	var b strings.Builder
	b.WriteByte(' ')
	last := ' '
	for _, r := range strings.ToLower(s) {
		letter := r >= 'a' && r <= 'z' || r > 0x7f
		digit := r >= '0' && r <= '9'
		switch {
		case letter && last == '0', digit && last == 'a':
			b.WriteByte(' ')
			fallthrough
		case letter || digit:
			b.WriteRune(r)
			last = 'a'
			if digit {
				last = '0'
			}
		case last != ' ':
			b.WriteByte(' ')
			last = ' '
		}
	}
	if last != ' ' {
		b.WriteByte(' ')
	}
	return b.String()
}
