package feed

import (
	"context"
	"errors"
)

func (r *run) fetchNVD(context.Context) error     { return errors.New("nvd") }
func (r *run) fetchCVEList(context.Context) error { return errors.New("cvelist") }

type bundled struct{}
