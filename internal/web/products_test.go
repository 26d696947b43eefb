package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// withSBOM gives the product of the house two components, one with a finding,
// and an end of support.
func (h *house) withSBOM() {
	h.update(h.org, func(tx *store.Tx) error {
		parts := []wardbook.Component{
			{Ref: "a", Name: "openssl", Version: "1.0.2k", Purl: "pkg:generic/openssl@1.0.2k", Licences: []string{"OpenSSL"}, Supplier: "The Project", SupportEnd: "2019-12-31"},
			{Ref: "b", Name: "zlib", Version: "1.2.11"},
		}
		if _, err := tx.ReconcileComponents("P-1", parts); err != nil {
			return err
		}
		const sbom = `{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"bom-ref":"p","type":"device","name":"Infusia","version":"1.0"}},
			"components":[{"bom-ref":"a","type":"library","name":"openssl","version":"1.0.2k"},{"bom-ref":"b","type":"library","name":"zlib","version":"1.2.11"}],
			"dependencies":[{"ref":"p","dependsOn":["a"]},{"ref":"a","dependsOn":["b"]},{"ref":"b","dependsOn":["a"]}]}`
		e, err := tx.AddEvidence(wardbook.Evidence{Name: "infusia.cdx.json"}, strings.NewReader(sbom))
		if err != nil {
			return err
		}
		src := wardbook.Source{Kind: wardbook.InputSBOM, Name: "infusia", State: wardbook.SourceCurrent, SHA256: e.SHA256, File: e.Name, Origin: "upload", Size: e.Size, Quality: "D (59 %)"}
		if _, err := tx.Put(wardbook.NewID(), 0, src); err != nil {
			return err
		}
		if _, err := tx.ReconcileProducts("assessment", []wardbook.Product{{ID: "P-1", Manufacturer: "Exampla", Name: "Infusia", Version: "1.0", Components: 2, SBOMs: []string{"infusia"}}}); err != nil {
			return err
		}
		f, err := tx.Finding("F-1")
		if err != nil {
			return err
		}
		key, name := parts[0].Key(), parts[0].Key()
		f.Value.Devices = []string{"SE-1"}
		next := []wardbook.Finding{f.Value, {
			ID: "F-2", Kind: wardbook.FindingComponent, Product: "P-1", Devices: []string{"SE-1"}, Vulnerability: "CVE-2026-0002", Aliases: []string{"GHSA-1"}, Component: &key, Status: wardbook.PossiblyAffected,
			CVSS: &wardbook.CVSS{Version: "3.1", Vector: "CVSS:3.1/AV:N", Score: 7.5}, Why: []wardbook.Step{{Step: "purl", Detail: "it is"}}, Conflicts: []wardbook.Claim{{Origin: "Exampla says", Status: wardbook.NotAffected}},
		}, {
			ID: "F-3", Kind: wardbook.FindingSupport, Product: "P-1", Devices: []string{"SE-1"}, Vulnerability: "EOS:openssl 1.0.2k", Title: "openssl 1.0.2k is past its support end", Component: &name, Status: wardbook.Affected, Published: "2019-12-31",
		}}
		_, err = tx.ReconcileFindings("P-1", next)
		return err
	})
}

// What a page says where, and where its links lead.
func TestProductPages(t *testing.T) {
	h := newHouse(t)
	before := "?at=2026-03-01T11:59:59Z"
	h.clock = h.clock.Add(50 * time.Minute)
	h.withSBOM()
	for at, wants := range map[string][]string{
		"/products":                               {`href="/products/P-1"`, "Exampla", "ended 2019-12-31"},
		"/products?show=support":                  {`href="/products/P-1"`},
		"/products/P-1":                           {"openssl", "OpenSSL", "The Project", "zlib", `href="/components?name=zlib"`, "past its support end", "What needs what", "3 components", "zlib 1.2.11", "what it needs stands above", "Grade D (59 %)", "North / ICU &lt;1&gt;", "Pump stops"},
		"/products/P-1?q=project":                 {"openssl"},
		"/components":                             {"Name of the component"},
		"/components?name=openssl":                {"1 product", "1 device", `href="/products/P-1"`, "/components/devices?name=openssl"},
		"/components?name=openssl&version=9":      {"0 products", "No product that an SBOM describes"},
		"/components/devices?name=openssl":        {`href="/inventory/SE-1"`},
		"/components/devices?name=nothing":        {"No device fits."},
		"/support":                                {"openssl 1.0.2k", "2019-12-31", "North / ICU &lt;1&gt;", "1 thing is"},
		"/vulnerabilities/CVE-2026-0002":          {"Exampla Infusia 1.0", "possibly affected", "not listed on 2026-02-01", "unknown: the newest assessment had no EPSS data", "Exampla says", `/inbox?open=CVE-2026-0002`, "0 affected, 1 not sure"},
		"/vulnerabilities/GHSA-1":                 {"<h1>CVE-2026-0002</h1>"},
		"/vulnerabilities/CVE-2026-0009":          {"No finding of the organization names it", "the port is closed"},
		"/vulnerabilities/CVE-2026-0002/devices":  {`href="/inventory/SE-1"`},
		"/vulnerabilities/CVE-2026-0009/devices":  {"No device fits."},
		"/vulnerabilities/CVE-2026-0009/why-not":  {"This server makes no assessments"},
		"/products/P-1?at=2026-03-01T12:30:00Z":   {"no SBOM was given", "as of 2026-03-01T12:30:00Z"},
		"/support?at=2026-03-01T12:30:00Z":        {"0 things are"},
		"/inbox?at=2026-03-01T12:30:00Z":          {"1 waiting"},
		"/inbox?open=CVE-2026-0002&show=all&q=no": {"CVE-2026-0002"},
	} {
		w := h.ask("viewer", http.MethodGet, at, nil)
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", at, w.Code)
			continue
		}
		body := strings.ReplaceAll(w.Body.String(), "&amp;", "&")
		for _, want := range wants {
			if want == "/inbox?open=CVE-2026-0002" {
				want = "/inbox?open=CVE-2026-0002&show=all"
			}
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %q", at, want)
			}
		}
	}
	if w := h.ask("viewer", http.MethodGet, "/products/P-1"+before, nil); w.Code != http.StatusNotFound {
		t.Errorf("a product before it was there: %d", w.Code)
	}
	if body := h.ask("viewer", http.MethodGet, "/products/P-1?q=project", nil).Body.String(); strings.Contains(body, "name=zlib") {
		t.Error("the search in components finds all")
	}
	if body := h.ask("viewer", http.MethodGet, "/products/P-1?as=csv", nil).Body.String(); !strings.Contains(body, "openssl") || strings.Contains(body, "<html") {
		t.Error("the components are no file")
	}
	if w := h.ask("viewer", http.MethodGet, "/products/P-9", nil); w.Code != http.StatusNotFound {
		t.Errorf("a product that is not there: %d", w.Code)
	}
}
