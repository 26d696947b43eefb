package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// A Browser is a Chromium that runs until the test ends.
type Browser struct {
	ctx context.Context //nolint:containedctx // chromedp keeps the browser in it
	axe string          // source of axe-core
}

// Axe is the version of axe-core that scripts/test-needs.sh installs.
const Axe = "4.14.0"

// Start starts Chromium. The test is skipped where it is not installed, or
// where axe-core is not.
func Start(t testing.TB) *Browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no Chromium is installed: scripts/test-needs.sh installs it on Debian")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip("no axe-core: ", err)
	}
	axe, err := os.ReadFile(filepath.Join(cache, "wardbook", "axe-core-"+Axe, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Skip("axe-core " + Axe + " is not installed: scripts/test-needs.sh installs it with npm")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", false))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), opts...)
	ctx, stop := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {})) // it logs events that are newer than it; what fails is an error of Run
	if err := chromedp.Run(ctx); err != nil {
		stop()
		stopAlloc()
		t.Skip("Chromium does not start: ", err)
	}
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		stop()
		stopAlloc()
	})
	return &Browser{ctx: ctx, axe: string(axe)}
}

// A Screen is what a person sits before.
type Screen struct {
	Width, Height int
	Dark          bool
	NoScript      bool
}

// Screens that people have.
var (
	Desk  = Screen{Width: 1440, Height: 900}
	Phone = Screen{Width: 390, Height: 844}
)

// InTheDark is the screen at night.
func (s Screen) InTheDark() Screen { s.Dark = true; return s }

// WithoutScript is the screen of who has switched JavaScript off.
func (s Screen) WithoutScript() Screen { s.NoScript = true; return s }

// String names the screen in messages.
func (s Screen) String() string {
	out := "desk"
	if s.Width < 600 {
		out = "phone"
	}
	if s.Dark {
		out += ", dark"
	}
	if s.NoScript {
		out += ", no script"
	}
	return out
}

// A Tab is one tab of one person.
type Tab struct {
	t      testing.TB
	b      *Browser
	ctx    context.Context //nolint:containedctx // chromedp keeps the tab in it
	base   string
	screen Screen

	mu   sync.Mutex
	said []string // on the console
}

// Tab opens a tab with cookies of its own. base is the address of the server.
func (b *Browser) Tab(t testing.TB, base string, screen Screen) *Tab {
	t.Helper()
	// In a window of its own: Chromium opens no tab of another person where that
	// person has no window.
	owner := cdp.WithExecutor(b.ctx, chromedp.FromContext(b.ctx).Browser)
	person, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(owner)
	if err != nil {
		t.Fatal(err)
	}
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(person).WithNewWindow(true).Do(owner)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id))
	p := &Tab{t: t, b: b, ctx: ctx, base: base}
	t.Cleanup(stop)
	// The first run makes the tab, which lives as long as its context.
	if err := chromedp.Run(ctx); err != nil {
		t.Fatal(err)
	}
	chromedp.ListenTarget(ctx, p.listen)
	p.run(log.Enable(), runtime.Enable())
	p.Screen(screen)
	return p
}

// Screen changes what the person sits before. Pages show it when they are
// opened next.
func (p *Tab) Screen(s Screen) {
	p.t.Helper()
	p.screen = s
	scheme := "light"
	if s.Dark {
		scheme = "dark"
	}
	p.run(
		emulation.SetDeviceMetricsOverride(int64(s.Width), int64(s.Height), 1, s.Width < 600),
		emulation.SetScriptExecutionDisabled(s.NoScript),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}),
	)
}

// NoScript reports whether the person has switched JavaScript off.
func (p *Tab) NoScript() bool { return p.screen.NoScript }

// listen gathers what the browser complains of: scripts, the policy, what
// could not be loaded.
func (p *Tab) listen(ev any) {
	said := ""
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		for _, a := range ev.Args {
			said += string(a.Value) + a.Description + " "
		}
	case *runtime.EventExceptionThrown:
		said = ev.ExceptionDetails.Error()
	case *log.EventEntryAdded:
		if expected(ev.Entry) {
			return
		}
		said = ev.Entry.Text + " " + ev.Entry.URL
	}
	if said != "" {
		p.mu.Lock()
		p.said = append(p.said, said)
		p.mu.Unlock()
	}
}
