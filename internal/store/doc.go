// Package store keeps the living file: everything SQL, on SQLite and on
// PostgreSQL. It owns records and their revisions, facts, evidence, the book
// (an append-only Merkle log per organization), jobs, users and their
// sessions. What a change means and who may make it is left to its callers.
//
// There are two verbs. View reads one moment of one organization. Update
// writes, and commits the change together with an entry in the book that says
// who did it, what and why, and holds the digests of all that was written:
//
//	s, err := store.Open(ctx, "wardbook.db")
//	...
//	ev := wardbook.Event{Actor: user, Action: "control.select", Target: "control/" + id, Reason: reason}
//	err = s.Update(ctx, org, ev, func(tx *store.Tx) error {
//		c, err := store.Get[wardbook.Control](tx, id)
//		if err != nil {
//			return err
//		}
//		c.Value.State = wardbook.ControlSelected
//		_, err = tx.Put(id, c.Revision.Revision, c.Value)
//		return err
//	})
//
// An edit that started from an old revision fails with *wardbook.EditConflict
// and both revisions; nothing of it is written.
//
// The past is read with the same methods, through tx.AsOf(position) or
// tx.AsOfTime(t).
//
// Facts come in by reconciliation: ReconcileDevices and its like take all
// rows of a source and find out what is new, changed, gone and back.
//
// Verify checks a book where it lies; Export writes it to a file that
// VerifyExport checks without the database.
//
// Both engines run the same statements. What differs is in engine.go and
// bulk.go, and in the migrations that end in .postgres.sql. The organization
// is $1 of every statement of a Tx; on PostgreSQL row-level security is a
// second wall, unless the role is a superuser's (see RowSecurity).
package store
