package inventory

import (
	"strings"

	"github.com/wardbook/wardbook"
)

// explained looks up what a columns file says that a word means.
func (d *rowDecoder) explained(f Field, s string) (string, bool) {
	if d.opts.Columns == nil || len(d.opts.Columns.Values[f]) == 0 {
		return "", false
	}
	v, ok := d.opts.Columns.Values[f][strings.ToLower(s)]
	if v == "unknown" && f != Criticality {
		v = ""
	}
	return v, ok
}

// service reads the state from all its columns: what takes a device out of use
// wins.
func (d *rowDecoder) service(dev *wardbook.Device, cols []Column) {
	rank := func(s wardbook.ServiceState) int {
		switch s {
		case wardbook.InService:
			return 1
		case wardbook.Spare:
			return 2
		case wardbook.Retired:
			return 3
		}
		return 0
	}
	for _, c := range cols {
		w := d.word(c.Index)
		if w.raw == "" {
			continue
		}
		key := wordIn{c.Index, w}
		state, ok := d.states[key]
		if !ok {
			var understood bool
			state, understood = readService(w.raw, asksOpposite(c.Header))
			if v, said := d.explained(Service, w.raw); said {
				state, understood = wardbook.ServiceState(v), true
			}
			if !understood {
				d.oddWord(Service, c, w.raw)
			} else if len(d.states) < maxInterned {
				d.states[key] = state
			}
		}
		if rank(state) > rank(dev.Service) {
			dev.Service = state
		}
	}
}

// answer reads a column of yes and no.
func (d *rowDecoder) answer(dev *wardbook.Device, p fieldColumns) {
	for _, c := range p.cols {
		w := d.word(c.Index)
		if w.raw == "" {
			continue
		}
		key := wordIn{c.Index, w}
		t, ok := d.yesNo[key]
		if !ok {
			var understood bool
			if t, understood = d.readAnswer(p.field, w.raw); !understood {
				d.oddWord(p.field, c, w.raw)
			} else if len(d.yesNo) < maxInterned {
				d.yesNo[key] = t
			}
		}
		if p.field == LifeSupport {
			dev.LifeSupport = t
		} else {
			dev.Redundancy = t
		}
		return
	}
}

func (d *rowDecoder) readAnswer(f Field, s string) (wardbook.Ternary, bool) {
	if v, said := d.explained(f, s); said {
		return wardbook.Ternary(v), true
	}
	t, understood := yesNo(s)
	if !understood && f == LifeSupport {
		t = lifeSupport(s)
		understood = t != wardbook.Unknown
	}
	return t, understood
}
