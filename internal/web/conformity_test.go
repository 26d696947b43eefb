package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestConformityPage(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		target string
		has    []string
	}{
		{"/conformity", []string{"no certificate", "Risk control", "without evidence"}},
		{"/conformity?statement=80001-1:6.1.2-e", []string{"Our reading of clause 6.1.2", "self.chain.harm", `aria-current="page"`, "Not yet confirmed"}},
		{"/conformity?statement=80001-1:5.4.6-a", []string{"No evidence", "resource allocation"}},
		{"/conformity?at=2020-01-01", []string{"as of 2020-01-01"}},
	} {
		w := h.ask("viewer", http.MethodGet, c.target, nil)
		for _, has := range c.has {
			if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, has) {
				t.Errorf("%s: %d, does not say %q", c.target, w.Code, has)
			}
		}
		if strings.Contains(strings.ToLower(w.Body.String()), "certified") {
			t.Errorf("%s says certified", c.target)
		}
	}
	if w := h.ask("viewer", http.MethodGet, "/conformity?statement=x", nil); w.Code != http.StatusNotFound {
		t.Errorf("a statement that is not there: %d", w.Code)
	}
}
