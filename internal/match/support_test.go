package match

import (
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

func support(t testing.TB) *Support {
	t.Helper()
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return NewSupport(c.SupportEnds)
}

func TestSupportText(t *testing.T) {
	s := support(t)
	at := time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		text, want           string
		past, paidRuns, sure bool
	}{
		{"WIN 7 PRO SP1", "windows-7", true, false, true},
		{"Win7", "windows-7", true, false, true},
		{"Microsoft® Windows® 7 Professional x64", "windows-7", true, false, true},
		{"Windows Embedded Standard 7", "windows-embedded-standard-7", true, false, true},
		{"WES7", "windows-embedded-standard-7", true, false, true},
		{"Win7 Embedded", "windows-embedded-standard-7", true, false, true},
		{"Windows XP Embedded", "windows-xp-embedded", true, false, true},
		{"XPe SP3", "windows-xp-embedded", true, false, true},
		{"WinXP", "windows-xp", true, false, true},
		{"XP Pro SP2", "windows-xp", true, false, true},
		{"Windows XP", "windows-xp", true, false, true},
		{"Win 2K", "", false, false, false},
		{"W2K", "windows-2000", true, false, true},
		{"WinCE 6.0", "windows-ce-6", true, false, true},
		{"Windows CE 5.0", "windows-ce-5", true, false, true},
		{"Windows Embedded Compact 7", "windows-compact-7", true, false, true},
		{"Windows Server 2008R2", "windows-server-2008-r2", true, false, true},
		{"MS Windows Svr 2012 R2 Standard", "windows-server-2012-r2", true, true, true},
		{"Windows Server 2019", "windows-server-2019", false, false, true},
		{"Windows 8.1", "windows-8.1", true, false, true},
		{"Windows 8", "windows-8", true, false, true},
		{"Windows 10", "windows-10", true, true, false},
		{"Win 10 Pro 22H2", "windows-10-pro", true, true, true},
		{"Windows 10 IoT Enterprise LTSC 2021", "windows-10-iot-ltsc-2021", false, false, true},
		{"Windows 10 Enterprise 2016 LTSB", "windows-10-ltsb-2016", false, false, true},
		{"Windows 10 IoT Enterprise", "windows-10", true, true, false},
		{"Windows 11", "", false, false, false},
		{"Windows", "", false, false, false},
		{"RHEL 6.10", "rhel-6", true, false, true},
		{"Red Hat Enterprise Linux Server release 7.9 (Maipo)", "rhel-7", true, true, true},
		{"CentOS Linux 7", "centos-7", true, false, true},
		{"Debian GNU/Linux 9", "debian-9", true, false, true},
		{"Debian 12", "debian-12", false, false, true},
		{"Ubuntu 16.04.7 LTS", "ubuntu-16.04", true, true, true},
		{"Ubuntu", "", false, false, false},
		{"Linux 2.6.32", "", false, false, false},
		{"VxWorks 6.8", "", false, false, false},
		{"QNX 6.5", "", false, false, false},
		{"proprietary", "", false, false, false},
		{"", "", false, false, false},
	} {
		t.Run(tt.text, func(t *testing.T) {
			e, ok := s.Text(tt.text, at)
			if ok != (tt.want != "") || e.ID != tt.want || e.Past != tt.past || e.PaidRuns != tt.paidRuns || ok && (e.Unsure == "") != tt.sure {
				t.Errorf("got %+v, want %s past %v paid %v sure %v", e, tt.want, tt.past, tt.paidRuns, tt.sure)
			}
		})
	}
}

func TestSupportComponent(t *testing.T) {
	s := support(t)
	at := time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		c    wardbook.Component
		want string
		past bool
	}{
		{"by name", wardbook.Component{Name: "OpenSSL", Version: "1.0.2k"}, "openssl-1.0.2", true},
		{"a longer line", wardbook.Component{Name: "OpenSSL", Version: "1.1.1w"}, "openssl-1.1.1", true},
		{"still mended", wardbook.Component{Name: "openssl", Version: "3.0.13", Purl: "pkg:generic/openssl@3.0.13"}, "openssl-3.0", false},
		{"a distribution mends its own", wardbook.Component{Name: "openssl", Version: "1.1.1k-9.el8", Purl: "pkg:rpm/redhat/openssl@1.1.1k-9.el8"}, "", false},
		{"another thing of that name", wardbook.Component{Name: "python", Version: "2.7", Purl: "pkg:npm/python@2.7.0"}, "", false},
		{"by purl", wardbook.Component{Name: "log4j", Group: "log4j", Version: "1.2.17", Purl: "pkg:maven/log4j/log4j@1.2.17"}, "log4j-1", true},
		{"log4j 2 is another", wardbook.Component{Name: "log4j", Version: "2.17.1"}, "", false},
		{"python 3.1 is not 3.10", wardbook.Component{Name: "Python", Version: "3.10.4"}, "python-3.10", false},
		{"python 2.7", wardbook.Component{Name: "Python", Version: "2.7.18"}, "python-2.7", true},
		{"no version", wardbook.Component{Name: "Python"}, "", false},
		{"java, update spelled in", wardbook.Component{Name: "JRE", Version: "1.8.0_202", Supplier: "Oracle"}, "java-8", true},
		{"SQL Server", wardbook.Component{Name: "Microsoft SQL Server", Version: "12.0.6024"}, "sql-server-2014", false},
		{"SQL Server by year", wardbook.Component{Name: "Microsoft SQL Server 2008 R2 Express"}, "sql-server-2008-r2", true},
		{"operating system", wardbook.Component{Name: "Windows", Version: "7 SP1", Type: "operating-system"}, "windows-7", true},
		{"the SBOM says", wardbook.Component{Name: "own lib", Version: "1", SupportEnd: "2024-05-31"}, "sbom", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, ok := s.Component(tt.c, at)
			if ok != (tt.want != "") || e.ID != tt.want || e.Past != tt.past {
				t.Errorf("got %+v, want %s past %v", e, tt.want, tt.past)
			}
		})
	}
}

// FuzzSupportText: no text may crash it or be taken for two things.
func FuzzSupportText(f *testing.F) {
	s := support(f)
	f.Add("Windows 7")
	f.Add("win\x00ü2008r2r2")
	f.Fuzz(func(t *testing.T, text string) {
		a, ok := s.Text(text, time.Time{})
		b, ok2 := s.Text(text, time.Time{})
		if ok != ok2 || a.ID != b.ID {
			t.Error("not the same answer twice")
		}
	})
}
