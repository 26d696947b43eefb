package vulndb

import (
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// nvdMember reads the value of a member of an NVD 2.0 cve object.
func (r *reader) nvdMember(key []byte, v *wardbook.Vulnerability, p *parts) (bool, error) {
	switch string(key) {
	case "sourceIdentifier":
		return true, r.dec.SkipValue()
	case "lastModified":
		return true, r.time(&v.Modified)
	case "vulnStatus":
		var status string
		err := r.word(&status)
		v.Withdrawn = strings.EqualFold(status, "Rejected")
		return true, err
	case "descriptions":
		return true, r.english(&p.details)
	case "metrics":
		return true, r.nvdMetrics(v)
	case "weaknesses":
		return true, r.nvdWeaknesses(v)
	case "configurations":
		return true, r.configurations(v)
	case "cveTags":
		return true, r.objects(func() {}, func(key []byte) error {
			if string(key) == "tags" {
				return r.tags(v)
			}
			return r.dec.SkipValue()
		}, func() {})
	case "cisaExploitAdd", "cisaActionDue":
		if v.KEV == nil {
			v.KEV = &wardbook.KEV{}
		}
		if string(key) == "cisaExploitAdd" {
			return true, r.text(&v.KEV.DateAdded)
		}
		return true, r.text(&v.KEV.DueDate)
	}
	return false, nil
}

// nvdCVE reads the "cve" object of an NVD 2.0 item. The "cve" of an NVD 1.1
// item is told by its data_type.
func (r *reader) nvdCVE(v *wardbook.Vulnerability, p *parts) error {
	return r.object(func(key []byte) error {
		if ok, err := r.nvdMember(key, v, p); ok {
			return err
		}
		switch string(key) {
		case "id":
			return r.text(&v.ID)
		case "published":
			return r.time(&v.Published)
		case "data_type", "CVE_data_meta":
			p.refused = refusedNVD11
		}
		return r.dec.SkipValue()
	})
}

// nvdAnnotation reads the _annotation of anchore's NVD overrides, which names
// the CVE whose configurations stand beside it.
func (r *reader) nvdAnnotation(v *wardbook.Vulnerability, p *parts) error {
	return r.object(func(key []byte) error {
		switch string(key) {
		case "cve_id":
			return r.text(&p.annotated)
		case "description":
			return r.prose(&p.details)
		case "modified":
			return r.time(&v.Modified)
		case "published":
			return r.time(&v.Published)
		}
		return r.dec.SkipValue()
	})
}

func (r *reader) nvdMetrics(v *wardbook.Vulnerability) error {
	return r.object(func(key []byte) error {
		switch string(key) {
		case "cvssMetricV2", "cvssMetricV30", "cvssMetricV31", "cvssMetricV40":
		default:
			return r.dec.SkipValue()
		}
		var source string
		first := 0
		return r.objects(
			func() { source, first = "", len(v.Scores) },
			func(key []byte) error {
				switch string(key) {
				case "source":
					return r.word(&source)
				case "cvssData":
					return r.cvssData(v, "")
				}
				return r.dec.SkipValue()
			},
			func() {
				if source == "nvd@nist.gov" {
					source = "NVD"
				}
				for i := first; i < len(v.Scores); i++ {
					v.Scores[i].Source = source
				}
			})
	})
}

func (r *reader) nvdWeaknesses(v *wardbook.Vulnerability) error {
	var cwe string
	return r.objects(func() {}, func(key []byte) error {
		if string(key) != "description" {
			return r.dec.SkipValue()
		}
		return r.objects(func() {}, func(key []byte) error {
			if string(key) == "value" {
				return r.word(&cwe)
			}
			return r.dec.SkipValue()
		}, func() { r.addCWE(v, cwe) })
	}, func() {})
}

// maxNodeDepth bounds the nesting of applicability trees. NVD's have two
// levels.
const maxNodeDepth = 32

// configurations reads NVD 2.0 configurations or CVE 5 cpeApplicability: a
// list of trees of which any may hold. A tree of one node that is not
// negated is kept as that node.
func (r *reader) configurations(v *wardbook.Vulnerability) error {
	return r.array(func() error {
		n, err := r.cpeNode(0)
		if err != nil {
			return err
		}
		if len(n.Children) == 1 && len(n.Matches) == 0 && !n.Negate {
			n = n.Children[0]
		}
		if len(n.Children) > 0 || len(n.Matches) > 0 {
			v.Configurations = append(v.Configurations, n)
		}
		return nil
	})
}

func (r *reader) cpeNode(depth int) (n wardbook.CPENode, err error) {
	if depth == maxNodeDepth {
		err = r.dec.SkipValue()
		r.fault("applicability tree deeper than %d levels; the rest is left out", maxNodeDepth)
		return n, err
	}
	err = r.object(func(key []byte) error {
		switch string(key) {
		case "operator":
			return r.word(&n.Operator)
		case "negate":
			return r.boolean(&n.Negate)
		case "nodes", "children":
			return r.array(func() error {
				child, err := r.cpeNode(depth + 1)
				n.Children = append(n.Children, child)
				return err
			})
		case "cpeMatch", "cpe_match":
			return r.cpeMatches(&n)
		}
		return r.dec.SkipValue()
	})
	n.Operator = strings.ToUpper(n.Operator)
	if !slices.Contains([]string{"", "AND", "OR"}, n.Operator) {
		r.fault("operator %q is neither AND nor OR; read as AND, a person has to look", clip(n.Operator, 20))
		n.Operator = "AND"
	}
	return n, err
}

func (r *reader) cpeMatches(n *wardbook.CPENode) error {
	var m wardbook.CPEMatch
	return r.objects(
		func() { m = wardbook.CPEMatch{Vulnerable: true} },
		func(key []byte) error {
			switch string(key) {
			case "criteria":
				return r.text(&m.Criteria)
			case "vulnerable":
				return r.boolean(&m.Vulnerable)
			case "versionStartIncluding":
				return r.text(&m.VersionStartIncluding)
			case "versionStartExcluding":
				return r.text(&m.VersionStartExcluding)
			case "versionEndIncluding":
				return r.text(&m.VersionEndIncluding)
			case "versionEndExcluding":
				return r.text(&m.VersionEndExcluding)
			}
			return r.dec.SkipValue()
		},
		func() {
			if _, _, ok := cpeProduct(m.Criteria); !ok {
				r.fault("%q is not a CPE name; kept, but it can match nothing", clip(m.Criteria, 120))
			}
			n.Matches = append(n.Matches, m)
		})
}
