package match

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/wardbook/wardbook"
)

func day(n int) time.Time { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC) }

func pumpSubject() Case {
	return Case{
		Vendors: []string{"Acme Medical, Inc."}, Names: []string{"Pump 100"}, Version: "2.1",
		CPEs:  []string{"cpe:2.3:a:acme:pump_100:2.1:*:*:*:*:*:*:*"},
		SBOMs: []string{"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"}, Ref: "root",
		Component: &wardbook.Component{
			Ref: "c1", Name: "openssl", Version: "1.1.1k", Purl: "pkg:deb/debian/openssl@1.1.1k?arch=amd64&distro=debian-11",
			Hashes: []wardbook.Hash{{Algorithm: "SHA-256", Value: "ab12"}},
		},
		Vulnerability: "CVE-2024-1", Aliases: []string{"GHSA-x"},
	}
}

func TestStatementFits(t *testing.T) {
	rng := func(r wardbook.VersionRange) *wardbook.VersionRange { return &r }
	part := func(host wardbook.StatementSubject, c ...wardbook.StatementSubject) wardbook.StatementSubject {
		host.Components = c
		return host
	}
	acme := wardbook.StatementSubject{Vendor: "ACME Medical", Name: "pump-100"}
	for _, tt := range []struct {
		name    string
		subject wardbook.StatementSubject
		want    int // specificity; 0: does not apply
	}{
		{"nothing", wardbook.StatementSubject{}, 0},
		{"component by purl", wardbook.StatementSubject{Purls: []string{"pkg:deb/debian/openssl"}}, aboutComponent},
		{"component by purl and version", wardbook.StatementSubject{Purls: []string{"pkg:deb/debian/openssl@1.1.1k"}}, aboutComponentVersion},
		{"qualifier that fits", wardbook.StatementSubject{Purls: []string{"pkg:deb/debian/openssl?distro=debian-11"}}, aboutComponent},
		{"qualifier that does not", wardbook.StatementSubject{Purls: []string{"pkg:deb/debian/openssl?distro=debian-12"}}, 0},
		{"another version", wardbook.StatementSubject{Purls: []string{"pkg:deb/debian/openssl@1.1.1n"}}, 0},
		{"another type", wardbook.StatementSubject{Purls: []string{"pkg:rpm/redhat/openssl"}, Name: "openssl"}, 0},
		{"range that holds", wardbook.StatementSubject{Purls: []string{"pkg:deb/debian/openssl"}, Versions: rng(wardbook.VersionRange{Scheme: "deb", Intervals: []wardbook.Interval{{Max: "1.1.1l"}}})}, aboutComponentVersion},
		{"range that does not", wardbook.StatementSubject{Purls: []string{"pkg:deb/debian/openssl"}, Versions: rng(wardbook.VersionRange{Scheme: "deb", Intervals: []wardbook.Interval{{Max: "1.1.1a"}}})}, 0},
		{"hash", wardbook.StatementSubject{Hashes: []wardbook.Hash{{Algorithm: "SHA-256", Value: "AB12"}}}, aboutComponentVersion},
		{"wrong hash, right name", wardbook.StatementSubject{Name: "openssl", Hashes: []wardbook.Hash{{Algorithm: "SHA-256", Value: "ff"}}}, 0},
		{"product by name", acme, aboutProduct},
		{"product by name and range", wardbook.StatementSubject{Name: "Pump 100", Versions: rng(wardbook.VersionRange{Versions: []string{"2.1"}})}, aboutProductVersion},
		{"product, another range", wardbook.StatementSubject{Name: "Pump 100", Versions: rng(wardbook.VersionRange{Versions: []string{"2.2"}})}, 0},
		{"product of another maker", wardbook.StatementSubject{Vendor: "Bcme", Name: "Pump 100"}, 0},
		{"part of a name", wardbook.StatementSubject{Vendor: "ACME Medical", Name: "Pump"}, 0},
		{"product by cpe", wardbook.StatementSubject{CPEs: []string{"cpe:2.3:a:acme:pump_100:*:*:*:*:*:*:*:*"}}, aboutProduct},
		{"product by cpe and version", wardbook.StatementSubject{CPEs: []string{"cpe:/a:acme:pump_100:2.1"}}, aboutProductVersion},
		{"product by another cpe", wardbook.StatementSubject{CPEs: []string{"cpe:/a:acme:pump_100:2.2"}}, 0},
		{"component in this product", part(acme, wardbook.StatementSubject{Purls: []string{"pkg:deb/debian/openssl"}}), aboutProductComponent},
		{"component version in this product", part(acme, wardbook.StatementSubject{Purls: []string{"pkg:deb/debian/openssl@1.1.1k"}}), aboutProductComponentVersion},
		{"component in another product", part(wardbook.StatementSubject{Name: "Pump 200"}, wardbook.StatementSubject{Purls: []string{"pkg:deb/debian/openssl"}}), 0},
		{"another component of this product", part(acme, wardbook.StatementSubject{Purls: []string{"pkg:deb/debian/zlib"}}), 0},
		{"bom-ref", wardbook.StatementSubject{ID: "c1", SBOM: "urn:uuid:3E671687-395b-41f5-a30f-a58921a69b79"}, aboutProductComponentVersion},
		{"bom-ref of the product", wardbook.StatementSubject{ID: "root", SBOM: "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"}, aboutProductVersion},
		{"bom-ref of another SBOM", wardbook.StatementSubject{ID: "c1", SBOM: "urn:uuid:00000000-395b-41f5-a30f-a58921a69b79"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := NewStatements([]wardbook.Statement{{ID: "s", Vulnerability: "ghsa-X", Status: wardbook.Fixed, Products: []wardbook.StatementSubject{tt.subject}}})
			got := 0
			for _, c := range s.For(pumpSubject()) {
				got = c.Specificity
			}
			if got != tt.want {
				t.Errorf("specificity %d, want %d", got, tt.want)
			}
		})
	}
}

// anyStatement draws statements about the pump and its OpenSSL.
func anyStatement(t *rapid.T, i int) wardbook.Statement {
	product := wardbook.StatementSubject{Name: "Pump 100"}
	versioned := wardbook.StatementSubject{CPEs: []string{"cpe:/a:acme:pump_100:2.1"}}
	lib := wardbook.StatementSubject{Purls: []string{"pkg:deb/debian/openssl"}}
	libVersion := wardbook.StatementSubject{Purls: []string{"pkg:deb/debian/openssl@1.1.1k"}}
	both, bothVersion := product, versioned
	both.Components = []wardbook.StatementSubject{lib}
	bothVersion.Components = []wardbook.StatementSubject{libVersion}
	return wardbook.Statement{
		ID: fmt.Sprint("s", i), Vulnerability: rapid.SampledFrom([]string{"CVE-2024-1", "GHSA-x", "CVE-2024-2"}).Draw(t, "id"),
		Status:   rapid.SampledFrom(wardbook.Statuses).Draw(t, "status"),
		Time:     day(rapid.IntRange(1, 4).Draw(t, "day")),
		Products: []wardbook.StatementSubject{rapid.SampledFrom([]wardbook.StatementSubject{product, versioned, lib, libVersion, both, bothVersion}).Draw(t, "subject")},
	}
}

func decide(list []wardbook.Statement) (wardbook.Finding, []wardbook.Claim) {
	f := wardbook.Finding{Status: wardbook.Affected, Vulnerability: "CVE-2024-1"}
	claims := NewStatements(list).For(pumpSubject())
	Apply(&f, claims)
	return f, claims
}

func TestStatementOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 8).Draw(t, "n")
		var list []wardbook.Statement
		for i := range n {
			list = append(list, anyStatement(t, i))
		}
		want, _ := decide(list)
		got, _ := decide(rapid.Permutation(list).Draw(t, "order"))
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

func TestMoreSpecificAndNewerWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []wardbook.Statement
		for i := range rapid.IntRange(1, 8).Draw(t, "n") {
			list = append(list, anyStatement(t, i))
		}
		_, before := decide(list)
		st := rapid.SampledFrom([]wardbook.Status{wardbook.NotAffected, wardbook.Fixed, wardbook.Affected}).Draw(t, "winner")
		list = append(list, wardbook.Statement{
			ID: "winner", Vulnerability: "CVE-2024-1", Status: st, Time: day(9),
			Products: []wardbook.StatementSubject{{
				Name: "Pump 100", Components: []wardbook.StatementSubject{{Purls: []string{"pkg:deb/debian/openssl@1.1.1k"}}},
			}},
		})
		f, claims := decide(list)
		if f.Status != st || claims[0].Statement != "winner" || len(claims) != len(before)+1 {
			t.Fatalf("%s by %s", f.Status, claims[0].Statement)
		}
		against := 0
		for _, c := range claims {
			if c.Status != st {
				against++
			}
		}
		if len(f.Conflicts) != against {
			t.Fatalf("%d conflicts kept of %d", len(f.Conflicts), against)
		}
	})
}

func TestApplyTie(t *testing.T) {
	subject := []wardbook.StatementSubject{{Name: "Pump 100"}}
	list := []wardbook.Statement{
		{ID: "a", Author: "Acme", Vulnerability: "CVE-2024-1", Status: wardbook.NotAffected, Time: day(1), Products: subject},
		{ID: "b", Author: "Coordinator", Vulnerability: "CVE-2024-1", Status: wardbook.Affected, Time: day(1), Products: subject},
	}
	f := wardbook.Finding{Status: wardbook.Affected, Vulnerability: "CVE-2024-1", Product: "P"}
	q := Apply(&f, NewStatements(list).For(pumpSubject()))
	if q == nil || f.Status != wardbook.PossiblyAffected || len(f.Conflicts) != 2 || !slices.Equal(q.Choices, []string{"affected", "not_affected"}) {
		t.Errorf("%+v %+v", f, q)
	}
}

func TestPerimeterIsNotTheProducts(t *testing.T) {
	f, _ := decide([]wardbook.Statement{{
		ID: "a", Vulnerability: "CVE-2024-1", Status: wardbook.NotAffected, Justification: perimeter, Products: []wardbook.StatementSubject{{Name: "Pump 100"}},
	}})
	if f.Status != wardbook.Affected {
		t.Errorf("got %s, want affected with a mitigation", f.Status)
	}
}
