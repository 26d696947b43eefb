package app

import (
	"context"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/assess"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/store"
)

// An Explanation says what a device has to do with a vulnerability or advisory:
// the findings that say so, else why there is none.
type Explanation struct {
	Device   wardbook.Device
	Product  wardbook.Product
	Findings []wardbook.Finding // of the device's product that name it; with their proof
	Absence  *assess.Absence    // nil where there are findings
}

// WhyNot explains why a device of org is not affected by a vulnerability or
// advisory, by its id, as of now; where it is a finding, the finding tells. A
// device that is not there is wardbook.ErrNotFound.
func (l *Living) WhyNot(ctx context.Context, org, vulnerability, device string) (*Explanation, error) {
	o := l.organization(org)
	o.Lock()
	defer o.Unlock()
	r := &livingRead{l: l, o: o, org: org, progress: func(string, int, int) {}}
	defer r.close()
	out := &Explanation{}
	err := l.store.View(ctx, org, func(tx *store.Tx) error {
		d, err := tx.Device(device)
		if err != nil {
			return err
		}
		out.Device = d.Value
		if d.Value.Product != "" {
			p, err := tx.Product(d.Value.Product)
			if err != nil {
				return err
			}
			out.Product = p.Value
		}
		if out.Findings, err = findingsOf(tx, out.Product.ID, vulnerability, device); err != nil || len(out.Findings) > 0 {
			return err
		}
		return r.readSources(ctx, tx)
	})
	if err != nil || len(out.Findings) > 0 {
		return out, err
	}
	out.Absence = &assess.Absence{}
	return out, r.explain(ctx, out, vulnerability)
}

// findingsOf are the findings of a product that name a vulnerability or
// advisory and hold for a device.
func findingsOf(tx *store.Tx, product, vulnerability, device string) ([]wardbook.Finding, error) {
	if product == "" {
		return nil, nil
	}
	var ids []string
	for f, err := range tx.EachFinding(product) {
		if err != nil {
			return nil, err
		}
		v := &f.Value
		if strings.EqualFold(v.Vulnerability, vulnerability) || strings.EqualFold(v.Advisory, vulnerability) ||
			slices.ContainsFunc(v.Aliases, func(x string) bool { return strings.EqualFold(x, vulnerability) }) {
			ids = append(ids, v.ID)
		}
	}
	var out []wardbook.Finding
	for _, id := range ids {
		f, err := tx.Finding(id)
		if err != nil {
			return nil, err
		}
		if slices.Contains(f.Value.Devices, device) {
			out = append(out, f.Value)
		}
	}
	return out, nil
}

// explain holds the device against everything that names the vulnerability.
func (r *livingRead) explain(ctx context.Context, x *Explanation, vulnerability string) error {
	if err := r.readFeeds(ctx); err != nil {
		return err
	}
	var in assess.Inputs
	for _, d := range slices.Concat(r.common, r.documents) {
		r.take(&in, d)
	}
	x.Absence.ExplainAdvisories(r.l.catalog, in.Advisories, &x.Device, vulnerability)
	if err := r.records(ctx, &in, gather.Ages{}, map[wardbook.InputKind]int{}); err != nil || r.db == nil {
		return err
	}
	var err error
	if x.Absence.Records, err = r.db.ByID(vulnerability); err != nil || len(x.Absence.Records) == 0 {
		return err
	}
	for i := range in.SBOMs {
		if slices.Contains(x.Product.SBOMs, in.SBOMs[i].Path) {
			if err := x.Absence.ExplainSBOM(&in.SBOMs[i], r.db); err != nil {
				return err
			}
		}
	}
	return nil
}
