package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/store"
)

// MaxPolicyText bounds the bytes of a policy that somebody sets by page.
const MaxPolicyText = 1 << 20

// A PolicyReplay says what a policy would change in the register: the steps of
// severity and likelihood as they stand, looked up in the other matrices.
// Steps that the program proposes itself can change beside it, with the next
// assessment.
type PolicyReplay struct {
	Risks        int // that were looked at: those that are not closed or dismissed
	Changed      int // of them, with another level or acceptability
	Levels       int // evaluations whose level would be another
	Acceptable   int // evaluations that would become acceptable
	Unacceptable int // evaluations that would become unacceptable
	First        []PolicyMove
}

// A PolicyMove is one evaluation that a policy would change.
type PolicyMove struct {
	Risk, Short, Title   string // id, short number and title of the record
	Key                  wardbook.KeyProperty
	Severity, Likelihood int
	Was, Is              string // names of the levels; empty: unknown
	WasOK, IsOK          wardbook.Ternary
}

// maxMoves is how many moves of a replay are listed.
const maxMoves = 50

// ReplayPolicy holds the register of tx against another policy.
func ReplayPolicy(tx *store.Tx, next *wardbook.Policy) (*PolicyReplay, error) {
	now, err := PolicyInForce(tx)
	if err != nil {
		return nil, err
	}
	out := &PolicyReplay{}
	o := store.ListOptions{Limit: 1000}
	for {
		page, err := store.List[wardbook.Risk](tx, o)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Items {
			if !r.Value.State.Final() {
				out.add(r, now, next)
			}
		}
		if o.After = page.Next; page.Next == "" {
			return out, nil
		}
	}
}

func (p *PolicyReplay) add(r store.Stored[wardbook.Risk], now, next *wardbook.Policy) {
	p.Risks++
	changed := false
	for _, k := range wardbook.KeyProperties {
		e := r.Value.Evaluation(k)
		m := PolicyMove{Risk: r.ID, Short: r.Short(), Title: r.Value.Title, Key: k, Severity: e.Severity, Likelihood: e.Likelihood, Was: e.Level, WasOK: e.Acceptable, IsOK: wardbook.Unknown}
		if m.WasOK == "" {
			m.WasOK = wardbook.Unknown
		}
		id := ""
		if l := next.LevelAt(k, e.Severity, e.Likelihood); l != nil {
			id, m.Is, m.IsOK = l.ID, l.Name, l.Acceptable
		}
		if id == e.Level && m.IsOK == m.WasOK {
			continue
		}
		if now != nil {
			if l := now.Level(e.Level); l != nil {
				m.Was = l.Name
			}
		}
		changed = true
		if id != e.Level {
			p.Levels++
		}
		switch {
		case m.IsOK == wardbook.Yes && m.WasOK != wardbook.Yes:
			p.Acceptable++
		case m.IsOK == wardbook.No && m.WasOK != wardbook.No:
			p.Unacceptable++
		}
		if len(p.First) < maxMoves {
			p.First = append(p.First, m)
		}
	}
	if changed {
		p.Changed++
	}
}

// PolicyText is the policy in force as it was written.
func PolicyText(tx *store.Tx) ([]byte, error) {
	p, err := PolicyInForce(tx)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, wardbook.ErrNotFound
	}
	if p.SHA256 == catalog.DefaultPolicyDigest() {
		return catalog.DefaultPolicy(), nil
	}
	r, err := tx.OpenEvidence(p.SHA256)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxPolicy))
}

// ErrPolicyHolds is the error of setting the policy that is in force already.
var ErrPolicyHolds = errors.New("this policy is in force already")

// SetPolicy makes text the risk policy of org: a source, read as any other
// document, after which the organization is assessed anew. ev says who, an
// administrator, and why. It returns the id of the job.
func SetPolicy(ctx context.Context, im *Importer, org string, ev wardbook.Event, text []byte) (job string, err error) {
	err = im.Store.View(ctx, org, func(tx *store.Tx) error {
		if err := mayAdminister(tx, ev.Actor); err != nil {
			return err
		}
		held, err := PolicyInForce(tx)
		if err == nil && held != nil && held.SHA256 == hexDigest(text) {
			err = ErrPolicyHolds
		}
		return err
	})
	if err != nil {
		return "", err
	}
	if err := needReason(ev.Reason); err != nil {
		return "", err
	}
	p, err := catalog.ReadPolicy(text, "the text")
	if err != nil {
		return "", err
	}
	u := im.NewUpload()
	defer u.Close()
	u.Kind, u.Policy, u.Origin = wardbook.InputPolicy, true, "page"
	if err := u.Add(p.ID+"-"+p.Version+".yaml", bytes.NewReader(text)); err != nil {
		return "", err
	}
	done, err := u.Commit(ctx, org, ev)
	if err != nil {
		return "", err
	}
	if done.Job == "" {
		return "", ErrPolicyHolds
	}
	return done.Job, nil
}

func hexDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
