package demo

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// bring is a step in which somebody brings files of the sample: each name is a
// file, a folder or a pattern.
func bring(who func(staff) *Person, reason string, names ...string) func(*year) error {
	return func(y *year) error {
		return y.upload(who(y.people), reason, func(u *app.Upload) error {
			for _, name := range names {
				if err := y.add(u, name); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// add adds the files that a name stands for.
func (y *year) add(u *app.Upload, name string) error {
	files, err := fs.Glob(y.sample, name)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s: the sample has no such file", name)
	}
	for _, root := range files {
		err := fs.WalkDir(y.sample, root, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(y.sample, p)
			if err != nil {
				return err
			}
			return u.Add(path.Base(p), bytes.NewReader(b))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// upload brings files together and has them read.
func (y *year) upload(who *Person, reason string, fill func(*app.Upload) error) error {
	u := y.importer.NewUpload()
	defer u.Close()
	if err := fill(u); err != nil {
		return err
	}
	up, err := u.Commit(y.ctx, y.org, wardbook.Event{Actor: who.id, Reason: reason})
	if err != nil || up.Job == "" {
		return err
	}
	if err := y.jobs(); err != nil {
		return err
	}
	return y.store.View(y.ctx, y.org, func(tx *store.Tx) error {
		j, err := tx.Job(up.Job)
		if err != nil {
			return err
		}
		for _, o := range app.Outcomes(j) {
			if o.What == app.WasRefused {
				return fmt.Errorf("%s was refused: %v", o.File, o.Problems)
			}
		}
		return nil
	})
}

// export brings the export of the equipment database as it is in a month.
func export(month int, reason string) func(*year) error {
	return func(y *year) error { return y.export(y.people.ana, month, reason, nil) }
}

// export brings the rows that keep wants, all where it is nil.
func (y *year) export(who *Person, month int, reason string, keep func(row []string) bool) error {
	b, err := fs.ReadFile(y.sample, "inventory/cmms-export.csv")
	if err != nil {
		return err
	}
	body, err := inventoryOf(b, month, y.clock.Now(), keep)
	if err != nil {
		return err
	}
	name := "cmms-export-" + y.clock.Now().Format("2006-01-02") + ".csv"
	return y.upload(who, reason, func(u *app.Upload) error { return u.Add(name, bytes.NewReader(body)) })
}

// wrongExport brings an export with a filter left on, which waits for a person,
// and refuses it.
func wrongExport(y *year) error {
	riverside := func(row []string) bool { return row[colSite] != "Riverside" }
	if err := y.export(y.people.ana, 5, "monthly export", riverside); err != nil {
		return err
	}
	y.clock.pass(35)
	var held store.Stored[wardbook.Source]
	err := y.store.View(y.ctx, y.org, func(tx *store.Tx) error {
		page, err := store.List[wardbook.Source](tx, store.ListOptions{States: []string{string(wardbook.SourceReview)}})
		if err == nil && len(page.Items) != 1 {
			err = fmt.Errorf("%d sources wait for a person, not the one export", len(page.Items))
		}
		if err == nil {
			held = page.Items[0]
		}
		return err
	})
	if err != nil {
		return err
	}
	ev := wardbook.Event{Actor: y.people.tomas.id, Reason: "All of Riverside is missing: a filter on the site was left on. Nothing was taken out of service there. Ana exports again."}
	_, err = y.importer.Act(y.ctx, y.org, held.ID, held.Revision.Revision, app.Refuse, ev)
	return err
}
