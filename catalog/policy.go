package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"slices"

	"github.com/wardbook/wardbook"
)

const policyFile = "policy-default.yaml"

// DefaultPolicy is the file of the default policy as it stands, comments and
// all: what a hospital copies and changes.
func DefaultPolicy() []byte {
	b, err := files.ReadFile(policyFile)
	if err != nil {
		panic(err) // it is embedded
	}
	return b
}

// DefaultPolicyDigest is the SHA-256 of DefaultPolicy, lower-case hex: the same
// as SHA256 of the policy that is read from it.
func DefaultPolicyDigest() string {
	sum := sha256.Sum256(DefaultPolicy())
	return hex.EncodeToString(sum[:])
}

func (c *Catalog) loadPolicy(src source, ps *wardbook.Problems) {
	if _, ok := src.rows[policyFile]; ok {
		if rows := read[wardbook.Policy](src, policyFile, ps); len(rows) == 1 {
			c.Policy = &rows[0]
			*ps = append(*ps, problemsOf(c.Policy.Validate())...)
		} else {
			ps.Add(policyFile, "one policy is needed")
		}
		return
	}
	b, err := fs.ReadFile(src, policyFile)
	if err != nil {
		ps.Add(policyFile, "%v", err)
		return
	}
	c.Policy, err = ReadPolicy(b, policyFile)
	*ps = append(*ps, problemsOf(err)...)
}

func problemsOf(err error) []wardbook.Problem {
	var inv *wardbook.Invalid
	errors.As(err, &inv)
	if inv == nil {
		return nil
	}
	return inv.Problems
}

// ReadPolicy reads and checks a policy file. Every fault is reported with its
// line (a *wardbook.Invalid); name stands for the file in them. What is valid
// but doubtful is found by LintPolicy.
func ReadPolicy(b []byte, name string) (*wardbook.Policy, error) {
	p, _, err := readPolicy(b, name)
	return p, err
}

// LintPolicy reads a policy file and lints it, with the line of each problem.
// The problems of a file that cannot be used are among them.
func LintPolicy(b []byte, name string) []wardbook.Problem {
	p, ls, err := readPolicy(b, name)
	var inv *wardbook.Invalid
	if errors.As(err, &inv) {
		return inv.Problems
	}
	var ps wardbook.Problems
	for _, q := range p.Lint() {
		ps.Add(ls.place(name, q.Place), "%s: %s", q.Place, q.Message)
	}
	return ps
}

func readPolicy(b []byte, name string) (*wardbook.Policy, lines, error) {
	p := &wardbook.Policy{}
	var ps wardbook.Problems
	ls := decode(b, name, p, &ps)
	sum := sha256.Sum256(b)
	p.SHA256 = hex.EncodeToString(sum[:])
	var inv *wardbook.Invalid
	if err := p.Validate(); errors.As(err, &inv) {
		for _, q := range inv.Problems {
			ps.Add(ls.place(name, q.Place), "%s: %s", q.Place, q.Message)
		}
	}
	if err := ps.Err(); err != nil {
		return nil, ls, err
	}
	// Thresholds are looked up in order.
	for _, ts := range p.Exploitability {
		slices.SortStableFunc(ts, func(a, b wardbook.Threshold) int {
			switch {
			case a.From < b.From:
				return -1
			case a.From > b.From:
				return 1
			}
			return 0
		})
	}
	return p, ls, nil
}
