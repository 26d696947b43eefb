package vulndb

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/wardbook/wardbook"
)

// A coder writes a record in the feed's form, or reads it. Both go through the
// same walk over the fields, so that they cannot differ. What is empty takes
// one byte. Any change of a walk asks for a new formatVersion.
type coder struct {
	out  []byte // writing: where to
	in   string // reading: what is left; texts are parts of it
	read bool
	err  error
}

var errRecord = errors.New("record does not decode")

// encodeRecord appends v to dst.
func encodeRecord(dst []byte, v *wardbook.Vulnerability) []byte {
	c := coder{out: dst}
	c.vulnerability(v)
	return c.out
}

// decodeRecord reads what encodeRecord wrote.
func decodeRecord(b []byte) (*wardbook.Vulnerability, error) {
	c := coder{in: string(b), read: true}
	var v wardbook.Vulnerability
	c.vulnerability(&v)
	if c.err == nil && c.in != "" {
		c.err = errRecord
	}
	if c.err != nil {
		return nil, c.err
	}
	return &v, nil
}

func (c *coder) vulnerability(v *wardbook.Vulnerability) {
	c.text(&v.Source)
	c.text(&v.ID)
	c.texts(&v.Aliases)
	c.texts(&v.Related)
	c.texts(&v.Upstream)
	c.text(&v.Summary)
	c.time(&v.Published)
	c.time(&v.Modified)
	c.flags(&v.Withdrawn, &v.Disputed)
	list(c, &v.Scores, (*coder).cvss)
	c.text(&v.Rating)
	c.texts(&v.CWEs)
	list(c, &v.Affected, (*coder).affected)
	list(c, &v.Configurations, func(c *coder, n *wardbook.CPENode) { c.node(n, 0) })
	optional(c, &v.SSVC, func(c *coder, s *wardbook.SSVC) {
		c.text(&s.Exploitation)
		c.text(&s.Automatable)
		c.text(&s.TechnicalImpact)
		c.time(&s.Timestamp)
	})
	optional(c, &v.KEV, func(c *coder, k *wardbook.KEV) {
		c.text(&k.CVE)
		c.text(&k.DateAdded)
		c.text(&k.DueDate)
		c.text((*string)(&k.Ransomware))
		c.text(&k.Vendor)
		c.text(&k.Product)
	})
}

func (c *coder) cvss(s *wardbook.CVSS) {
	c.text(&s.Version)
	c.text(&s.Vector)
	bits := math.Float64bits(s.Score)
	c.fixed(&bits)
	s.Score = math.Float64frombits(bits)
	c.text(&s.Source)
}

func (c *coder) affected(a *wardbook.AffectedPackage) {
	c.text(&a.Ecosystem)
	c.text(&a.Package)
	c.text(&a.Purl)
	list(c, &a.Ranges, (*coder).interval)
	c.texts(&a.Versions)
	// The rest is empty in nearly all OSV records: one byte says so.
	more := a.Vendor != "" || a.Product != "" || a.By != "" || len(a.CPEs) > 0 || len(a.Platforms) > 0 ||
		len(a.Except) > 0 || len(a.ExceptVersions) > 0 || len(a.Unclear) > 0
	c.flags(&a.AllVersions, &a.Unknown, &more)
	if !more {
		return
	}
	c.text(&a.Vendor)
	c.text(&a.Product)
	c.text(&a.By)
	c.texts(&a.CPEs)
	c.texts(&a.Platforms)
	list(c, &a.Except, (*coder).interval)
	c.texts(&a.ExceptVersions)
	c.texts(&a.Unclear)
}

func (c *coder) interval(r *wardbook.Range) {
	c.text(&r.Type)
	c.text(&r.Introduced)
	c.text(&r.Fixed)
	c.text(&r.LastAffected)
	more := r.Limit != "" || r.Repo != ""
	c.flags(&r.Exclusive, &more)
	if more {
		c.text(&r.Limit)
		c.text(&r.Repo)
	}
}

func (c *coder) node(n *wardbook.CPENode, depth int) {
	if depth > maxNodeDepth+1 {
		c.err = errRecord
		return
	}
	c.text(&n.Operator)
	c.flags(&n.Negate)
	list(c, &n.Matches, func(c *coder, m *wardbook.CPEMatch) {
		c.text(&m.Criteria)
		c.text(&m.VersionStartIncluding)
		c.text(&m.VersionStartExcluding)
		c.text(&m.VersionEndIncluding)
		c.text(&m.VersionEndExcluding)
		c.flags(&m.Vulnerable)
	})
	list(c, &n.Children, func(c *coder, child *wardbook.CPENode) { c.node(child, depth+1) })
}

// list codes a slice: its length, then each element. On reading, no more is
// made than the bytes that are left could hold.
func list[T any](c *coder, s *[]T, each func(*coder, *T)) {
	n := len(*s)
	c.count(&n)
	if c.read && n > 0 && c.err == nil {
		*s = make([]T, 0, min(n, 1024))
		for i := 0; i < n && c.err == nil; i++ {
			var zero T
			*s = append(*s, zero)
			each(c, &(*s)[i])
		}
		return
	}
	for i := range *s {
		each(c, &(*s)[i])
	}
}

func optional[T any](c *coder, p **T, each func(*coder, *T)) {
	there := *p != nil
	c.flags(&there)
	if !there || c.err != nil {
		return
	}
	if c.read {
		*p = new(T)
	}
	each(c, *p)
}

// count codes a length. Each element takes at least one byte, so a length
// above what is left is a fault.
func (c *coder) count(n *int) {
	if !c.read {
		c.out = binary.AppendUvarint(c.out, uint64(*n))
		return
	}
	v := c.uvarint()
	if v > uint64(len(c.in)) {
		c.err = errRecord
		v = 0
	}
	*n = int(v)
}

func (c *coder) uvarint() uint64 {
	var v uint64
	for shift := 0; shift < 64 && len(c.in) > 0; shift += 7 {
		b := c.in[0]
		c.in = c.in[1:]
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	c.err = errRecord
	return 0
}

func (c *coder) text(s *string) {
	n := len(*s)
	c.count(&n)
	if !c.read {
		c.out = append(c.out, *s...)
		return
	}
	*s, c.in = c.in[:n], c.in[n:]
}

func (c *coder) texts(s *[]string) { list(c, s, (*coder).text) }

// flags codes up to seven booleans in one byte.
func (c *coder) flags(fs ...*bool) {
	if !c.read {
		var b byte
		for i, f := range fs {
			if *f {
				b |= 1 << i
			}
		}
		c.out = append(c.out, b)
		return
	}
	if len(c.in) == 0 {
		c.err = errRecord
		return
	}
	for i, f := range fs {
		*f = c.in[0]>>i&1 == 1
	}
	c.in = c.in[1:]
}

func (c *coder) fixed(v *uint64) {
	if !c.read {
		c.out = binary.LittleEndian.AppendUint64(c.out, *v)
		return
	}
	if len(c.in) < 8 {
		c.err = errRecord
		return
	}
	*v = binary.LittleEndian.Uint64([]byte(c.in[:8]))
	c.in = c.in[8:]
}

// time codes seconds and nanoseconds; the zero time is its own flag.
func (c *coder) time(t *time.Time) {
	there := !t.IsZero()
	c.flags(&there)
	if !there || c.err != nil {
		return
	}
	sec, nsec := uint64(t.Unix()), uint64(t.Nanosecond())
	if !c.read {
		c.fixed(&sec)
		c.out = binary.AppendUvarint(c.out, nsec)
		return
	}
	c.fixed(&sec)
	nsec = c.uvarint()
	if nsec >= 1e9 {
		c.err = errRecord
	}
	if c.err == nil {
		*t = time.Unix(int64(sec), int64(nsec)).UTC()
	}
}
