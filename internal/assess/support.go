package assess

import "context"

func (r *run) matchSupport(context.Context) error    { return nil }
func (r *run) applyStatements(context.Context) error { return nil }
