package app

import (
	"github.com/wardbook/wardbook/internal/conform"
	"github.com/wardbook/wardbook/internal/store"
)

// ConformityFile reads from tx, now or in the past, what checks of conformity
// are asked of: all records of kinds that they know, which documents are kept
// whole, and the policy in force. What is overdue counts from today (RFC 3339 date).
// Whether the book is whole is not looked at: that reads all of it (see
// store.Verify); who did puts a conform.Book.
func ConformityFile(tx *store.Tx, today string) (*conform.File, error) {
	f, err := conform.NewFile(today)
	if err != nil {
		return nil, err
	}
	for _, kind := range conform.Stored() {
		for o := (store.ListOptions{Limit: 1000}); ; {
			page, err := tx.Revisions(kind, o)
			if err != nil {
				return nil, err
			}
			for _, r := range page.Items {
				if err := f.Add(r); err != nil {
					return nil, err
				}
			}
			if o.After = page.Next; o.After == "" {
				break
			}
		}
	}
	for o := (store.ListOptions{Limit: 1000}); ; {
		page, err := tx.EvidenceList(o)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Items {
			if e.Redacted {
				continue
			}
			if err := f.Put(conform.Subject{Kind: "evidence", ID: e.SHA256, Title: e.Name}, e.Evidence); err != nil {
				return nil, err
			}
		}
		if o.After = page.Next; o.After == "" {
			break
		}
	}
	policy, err := PolicyInForce(tx)
	if err != nil || policy == nil {
		return f, err
	}
	return f, f.Put(conform.Subject{Kind: "policy", ID: policy.SHA256, Title: policy.Title}, *policy)
}
