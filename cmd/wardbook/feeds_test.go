package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestFeedScripts runs testdata/feeds/*.txt. SITE is the address of a server on the
// loopback address that serves the script's folder "site".
func TestFeedScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/feeds",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			s := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(env.WorkDir, "site"))))
			env.Defer(s.Close)
			env.Setenv("SITE", s.URL)
			env.Setenv("WARDBOOK_CACHE", filepath.Join(env.WorkDir, ".cache"))
			env.Setenv("WARDBOOK_FEEDS", filepath.Join(env.WorkDir, "feeds"))
			return nil
		},
	})
}
