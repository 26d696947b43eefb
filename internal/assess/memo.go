package assess

// A Memo remembers from one Run to the next what need not be found out again.
// It is for one run after the other, not for several at once. What it gives is
// what a run without it would find.
type Memo struct{}

// NewMemo makes one that remembers nothing yet.
func NewMemo() *Memo { return &Memo{} }
