package vulndb

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// superseded returns the offsets, in order, of records of which a newer one
// with the same source and id is in the feed. Of equally new ones the one
// that came first stays.
func (c *Compiler) superseded() ([]uint64, error) {
	var out []uint64
	var group []entry
	flush := func() error {
		if len(group) > 1 {
			dead, err := c.older(group)
			if err != nil {
				return err
			}
			out = append(out, dead...)
		}
		group = group[:0]
		return nil
	}
	err := c.own.all(func(e entry) error {
		if len(group) > 0 && group[0].hash != e.hash {
			if err := flush(); err != nil {
				return err
			}
		}
		group = append(group, e)
		return nil
	})
	if err == nil {
		err = flush()
	}
	slices.Sort(out)
	return out, err
}

// older returns the offsets of those records of group that another one of the
// group, with the same source and id, replaces.
func (c *Compiler) older(group []entry) (dead []uint64, err error) {
	type best struct {
		at uint64
		v  *wardbook.Vulnerability
	}
	var frame frameBuffer
	newest := map[string]best{}
	for _, e := range group {
		v, _, err := frame.read(c.file, e.offset, c.at)
		if err != nil {
			return nil, err
		}
		id := v.Source + "\x00" + v.ID
		have, twice := newest[id]
		switch {
		case !twice:
			newest[id] = best{e.offset, v}
		case v.Modified.After(have.v.Modified):
			dead = append(dead, have.at)
			newest[id] = best{e.offset, v}
		default:
			dead = append(dead, e.offset)
		}
	}
	return dead, nil
}

// table writes the sorted entries, without those of superseded records, and
// returns the index over their blocks.
func (c *Compiler) table(f *footer, superseded []uint64) (index []byte, err error) {
	dead := make(map[uint64]bool, len(superseded))
	for _, at := range superseded {
		dead[at] = true
	}
	block := make([]byte, 0, blockEntries*entrySize)
	flush := func() error {
		if len(block) == 0 {
			return nil
		}
		index = append(index, block[:8]...)
		index = binary.LittleEndian.AppendUint32(index, checksum(block))
		_, err := c.w.Write(block)
		block = block[:0]
		return err
	}
	err = c.main.all(func(e entry) error {
		if dead[e.offset] {
			return nil
		}
		block = binary.LittleEndian.AppendUint64(block, e.hash)
		block = binary.LittleEndian.AppendUint64(block, e.offset)
		f.entries++
		if len(block) == cap(block) {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	return index, err
}

func splitList(s string) []string { return strings.Split(s, ", ") }
