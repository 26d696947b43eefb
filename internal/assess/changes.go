package assess

import (
	"fmt"

	"github.com/wardbook/wardbook"
)

// changes says what differs between an earlier assessment and this one.
func changes(old, now *wardbook.Assessment, path string) *wardbook.Changes {
	c := &wardbook.Changes{Since: old.At, Path: path}
	names := productNames(old)
	of := func(f *wardbook.Finding) string {
		return fmt.Sprintf("%s, %s (%s)", f.Vulnerability, names[f.Product], f.Status)
	}
	oldF := index(old.Findings, func(f *wardbook.Finding) string { return f.ID })
	newF := index(now.Findings, func(f *wardbook.Finding) string { return f.ID })
	for i := range now.Findings {
		f := &now.Findings[i]
		o, ok := oldF[f.ID]
		if !ok {
			c.New = append(c.New, f.ID)
			continue
		}
		c.Changed = append(c.Changed, findingChanges(o, f)...)
	}
	for i := range old.Findings {
		f := &old.Findings[i]
		if _, ok := newF[f.ID]; !ok {
			c.Gone = append(c.Gone, wardbook.GoneFinding{ID: f.ID, Title: of(f)})
		}
	}
	oldR := index(old.Risks, func(r *wardbook.Risk) string { return r.ID })
	newR := index(now.Risks, func(r *wardbook.Risk) string { return r.ID })
	for i := range now.Risks {
		r := &now.Risks[i]
		o, ok := oldR[r.ID]
		if !ok {
			c.NewRisks = append(c.NewRisks, r.ID)
			continue
		}
		c.ChangedRisks = append(c.ChangedRisks, riskChanges(o, r)...)
	}
	for i := range old.Risks {
		if r := &old.Risks[i]; newR[r.ID] == nil {
			c.GoneRisks = append(c.GoneRisks, wardbook.GoneFinding{ID: r.ID, Title: r.Title})
		}
	}
	c.NewDevices, c.GoneDevices = differ(old.Devices, now.Devices, func(d *wardbook.Device) string { return d.ID })
	c.NewQuestions, c.AnsweredQuestions = differ(old.Questions, now.Questions, func(q *wardbook.Question) string { return q.ID })
	for _, s := range []*[]string{&c.New, &c.NewRisks, &c.NewDevices, &c.GoneDevices, &c.NewQuestions, &c.AnsweredQuestions} {
		empty(s)
	}
	empty(&c.Gone)
	empty(&c.GoneRisks)
	empty(&c.Changed)
	empty(&c.ChangedRisks)
	return c
}

func productNames(a *wardbook.Assessment) map[string]string {
	m := map[string]string{}
	for i := range a.Products {
		p := &a.Products[i]
		m[p.ID] = fmt.Sprintf("%s %s %s", p.Manufacturer, p.Name, p.Version)
	}
	return m
}

func index[T any](list []T, key func(*T) string) map[string]*T {
	m := make(map[string]*T, len(list))
	for i := range list {
		m[key(&list[i])] = &list[i]
	}
	return m
}

// differ returns the keys that are only in now, and those only in old.
func differ[T any](old, now []T, key func(*T) string) (added, gone []string) {
	was, is := index(old, key), index(now, key)
	for i := range now {
		if k := key(&now[i]); was[k] == nil {
			added = append(added, k)
		}
	}
	for i := range old {
		if k := key(&old[i]); is[k] == nil {
			gone = append(gone, k)
		}
	}
	return added, gone
}

// field adds a change where from and to differ.
func field(out []wardbook.ChangedFinding, id, name, from, to string) []wardbook.ChangedFinding {
	if from == to {
		return out
	}
	return append(out, wardbook.ChangedFinding{ID: id, Field: name, From: from, To: to})
}

func findingChanges(o, f *wardbook.Finding) []wardbook.ChangedFinding {
	var out []wardbook.ChangedFinding
	out = field(out, f.ID, "status", string(o.Status), string(f.Status))
	out = field(out, f.ID, "devices", fmt.Sprint(len(o.Devices)), fmt.Sprint(len(f.Devices)))
	out = field(out, f.ID, "cvss", vector(o), vector(f))
	out = field(out, f.ID, "known exploited", fmt.Sprint(o.KEV != nil), fmt.Sprint(f.KEV != nil))
	return out
}

func vector(f *wardbook.Finding) string {
	if f.CVSS == nil {
		return "unknown"
	}
	return f.CVSS.Vector
}

func riskChanges(o, r *wardbook.Risk) []wardbook.ChangedFinding {
	var out []wardbook.ChangedFinding
	for _, k := range wardbook.KeyProperties {
		out = field(out, r.ID, string(k), level(o.Evaluation(k)), level(r.Evaluation(k)))
	}
	out = field(out, r.ID, "devices", fmt.Sprint(len(o.Devices)), fmt.Sprint(len(r.Devices)))
	out = field(out, r.ID, "overdue", fmt.Sprint(o.Overdue), fmt.Sprint(r.Overdue))
	return out
}

func level(e *wardbook.Evaluation) string {
	if e.Level == "" {
		return "unknown"
	}
	return e.Level
}
