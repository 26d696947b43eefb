package app

import (
	"context"
	"errors"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/assess"
)

// ErrNotAssessed: this process has not assessed the organization yet, so it does
// not know the products.
var ErrNotAssessed = errors.New("the organization was not assessed since the program started: ask for an assessment first")

// Hits says which products of org, and which devices of them, an advisory would
// concern, before it is taken in and without writing anything: by the products
// of the newest assessment that this process made. What VEX and own decisions
// say of it comes with the assessment.
func (l *Living) Hits(ctx context.Context, org string, adv *wardbook.Advisory) ([]assess.Hit, error) {
	o := l.organization(org)
	o.Lock()
	defer o.Unlock()
	if !o.assessed {
		return nil, ErrNotAssessed
	}
	return o.memo.Hits(adv), ctx.Err()
}
