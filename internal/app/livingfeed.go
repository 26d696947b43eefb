package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/gather"
)

// known is the decoded document of a feed, nil where it was not read.
func (l *Living) known(f FeedDocument) *gather.Document {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.common[string(f.Kind)+f.SHA256]
}

// readFeeds decodes the common documents that are not known yet. They are kept
// once for all organizations, and forgotten when no feed has them.
func (r *livingRead) readFeeds(ctx context.Context) error {
	if r.l.o.Feeds == nil {
		return nil
	}
	list, err := r.l.o.Feeds()
	if err != nil {
		return fmt.Errorf("feeds: %w", err)
	}
	slices.SortFunc(list, func(a, b FeedDocument) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.SHA256, b.SHA256))
	})
	r.feeds = list
	holds := map[string]*gather.Document{}
	for i, f := range list {
		r.progress("reading feeds", i, len(list))
		if err := ctx.Err(); err != nil {
			return err
		}
		if f.Kind == wardbook.InputVulnerabilities {
			continue // through the compiled feed
		}
		d := r.l.known(f)
		if d == nil {
			d, err = gather.DecodeFile(f.Kind, f.Path, f.Name, gather.Options{})
			if d == nil {
				return fmt.Errorf("feed document %s: %w", f.Name, err)
			}
			d.Input.SHA256 = f.SHA256 // what cannot be used counts for nothing, and is not read again
		}
		holds[string(f.Kind)+f.SHA256] = d
		r.common = append(r.common, d)
	}
	r.l.mu.Lock()
	r.l.common = holds
	r.l.mu.Unlock()
	return nil
}
