package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a person waits for anything.
const patience = 20 * time.Second

var answered = regexp.MustCompile(`the server responded with a status of (4\d\d|503)`)

// expected tells answers that a page gives on purpose (a form with faults) from
// what is wrong with it.
func expected(e *log.Entry) bool {
	return e.Source == log.SourceNetwork && answered.MatchString(e.Text)
}

func (p *Tab) run(actions ...chromedp.Action) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	if err := chromedp.Run(ctx, actions...); err != nil {
		p.t.Fatalf("%s: %v", p.screen, err)
	}
}

// Open goes to a path of the server.
func (p *Tab) Open(path string) {
	p.t.Helper()
	p.run(chromedp.Navigate(p.base + path))
}

// Eval computes an expression in the page and reads the result into v, which
// may be nil.
func (p *Tab) Eval(expression string, v any) {
	p.t.Helper()
	p.run(p.evaluate(expression, v))
}

func (p *Tab) evaluate(expression string, v any) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		res, failed, err := runtime.Evaluate(expression).WithAwaitPromise(true).WithReturnByValue(true).Do(ctx)
		switch {
		case err != nil:
			return err
		case failed != nil:
			return failed
		case v == nil:
			return nil
		}
		return json.Unmarshal(res.Value, v)
	})
}

// Path is the address that is shown, without the server.
func (p *Tab) Path() string {
	p.t.Helper()
	var at string
	p.Eval("location.pathname + location.search", &at)
	return at
}

// Text is what can be read on the page.
func (p *Tab) Text() string {
	p.t.Helper()
	var text string
	p.Eval("document.body ? document.body.innerText : ''", &text)
	return text
}

// Wait waits until a text can be read on the page.
func (p *Tab) Wait(text string) {
	p.t.Helper()
	p.Until("the page to say "+text, func() bool { return strings.Contains(fold(p.Text()), fold(text)) })
}

// WaitGone waits until a text cannot be read any more.
func (p *Tab) WaitGone(text string) {
	p.t.Helper()
	p.Until("the page to say no more "+text, func() bool { return !strings.Contains(fold(p.Text()), fold(text)) })
}

// WaitPath waits until the address begins so.
func (p *Tab) WaitPath(path string) {
	p.t.Helper()
	p.Until("the address "+path, func() bool { return strings.HasPrefix(p.Path(), path) })
}

func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// Until asks again and again until something is so; what says it in messages. A
// page may be on its way when it is asked.
func (p *Tab) Until(what string, ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
	}
	p.t.Fatalf("%s: waited for %s; at %s there is:\n%s", p.screen, what, p.Path(), cutText(p.Text()))
}

func cutText(s string) string { return s[:min(len(s), 3000)] }

// find is an expression for the element that a person means by a name: a
// control by its label, a link or button by its text. Exact names come first,
// what is in main before what is around it, what is in an open dialog before
// both.
const find = `(what, name) => {
	const norm = s => (s ?? "").replace(/\s+/g, " ").trim().toLowerCase();
	const seen = el => el.getClientRects().length > 0 && getComputedStyle(el).visibility !== "hidden";
	const named = el => {
		const out = [el.getAttribute("aria-label"), el.getAttribute("placeholder"), el.title, el.name, el.id, el.matches("a, button, summary, label") ? el.innerText : ""];
		for (const l of el.labels ?? []) out.push(l.firstChild?.textContent, l.innerText);
		return out.map(norm).filter(Boolean);
	};
	const kinds = {
		click: "a[href], button, summary, input[type=checkbox], input[type=radio], input[type=submit], label",
		tick: "input[type=checkbox], input[type=radio]",
		field: "input:not([type=hidden]), select, textarea",
	};
	const all = [...document.querySelectorAll(kinds[what])].filter(seen);
	const want = norm(name);
	const rank = el => {
		const names = named(el);
		let r = names.includes(want) ? 0 : names.some(n => n.startsWith(want)) ? 10 : names.some(n => n.includes(want)) ? 20 : 1000;
		if (el.matches("label")) r += 1; // who says "Answer" means the button
		if (!el.closest("[popover]:popover-open, dialog[open]")) r += 2;
		if (!el.closest("main, [popover]:popover-open, dialog[open]")) r += 2;
		return r;
	};
	const best = all.map(el => [rank(el), el]).filter(x => x[0] < 1000).sort((a, b) => a[0] - b[0]);
	return best.length ? best[0][1] : null;
}`

// point scrolls the element into sight and gives its middle.
func (p *Tab) point(what, name string) (x, y float64) {
	p.t.Helper()
	quoted, err := json.Marshal(name)
	if err != nil {
		p.t.Fatal(err)
	}
	var at []float64
	p.Until(fmt.Sprintf("a %s %q", what, name), func() bool {
		p.Eval(fmt.Sprintf(`(() => { const el = (%s)(%q, %s); if (!el) return [];
			el.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
			const r = el.getClientRects()[0]; return [r.x + r.width / 2, r.y + r.height / 2]; })()`, find, what, quoted), &at)
		return len(at) == 2
	})
	return at[0], at[1]
}

// Click clicks on a link, button or box with the mouse.
func (p *Tab) Click(name string) {
	p.t.Helper()
	x, y := p.point("click", name)
	p.run(chromedp.MouseClickXY(x, y))
	p.settle()
}

// Tick clicks on a box or a choice of a form.
func (p *Tab) Tick(name string) {
	p.t.Helper()
	x, y := p.point("tick", name)
	p.run(chromedp.MouseClickXY(x, y))
}

// settle waits until the page that a click led to is there.
func (p *Tab) settle() {
	p.t.Helper()
	time.Sleep(60 * time.Millisecond)
	p.Until("the page to be there", func() bool {
		var ready bool
		ctx, stop := context.WithTimeout(p.ctx, patience)
		defer stop()
		err := chromedp.Run(ctx, p.evaluate(`document.readyState === "complete" && !document.querySelector("main[aria-busy=true]")`, &ready))
		return err == nil && ready
	})
}

// Fill types into a field in place of what stands there. A date is written as
// YYYY-MM-DD, whatever the browser shows.
func (p *Tab) Fill(label, value string) {
	p.t.Helper()
	quoted, _ := json.Marshal([]string{label, value})
	var date bool
	p.Eval(fmt.Sprintf(`(() => { const [label, value] = %s, el = (%s)("field", label);
		if (el?.type !== "date") return false;
		el.value = value; el.dispatchEvent(new Event("change", { bubbles: true })); return true; })()`, quoted, find), &date)
	if date {
		return
	}
	x, y := p.point("field", label)
	p.run(chromedp.MouseClickXY(x, y), p.evaluate(`document.activeElement.select?.()`, nil), chromedp.KeyEvent(kb.Delete), input.InsertText(value))
}

// Choose picks an option of a list of choices by its text.
func (p *Tab) Choose(label, option string) {
	p.t.Helper()
	p.point("field", label)
	quotedLabel, _ := json.Marshal(label)
	quoted, _ := json.Marshal(option)
	var ok bool
	p.Eval(fmt.Sprintf(`(() => { const el = (%s)("field", %s);
		const o = [...el.options].find(o => o.text.trim().toLowerCase() === %s.toLowerCase()) ?? [...el.options].find(o => o.text.includes(%[3]s));
		if (!o) return false;
		el.value = o.value; el.dispatchEvent(new Event("change", { bubbles: true })); return true; })()`, find, quotedLabel, quoted), &ok)
	if !ok {
		p.t.Fatalf("%s: %q has no choice %q", p.screen, label, option)
	}
	p.settle()
}

// Upload chooses files in a field for files.
func (p *Tab) Upload(label string, paths ...string) {
	p.t.Helper()
	p.point("field", label)
	quoted, _ := json.Marshal(label)
	p.run(chromedp.ActionFunc(func(ctx context.Context) error {
		el, failed, err := runtime.Evaluate(fmt.Sprintf(`(%s)("field", %s)`, find, quoted)).Do(ctx)
		if failed != nil {
			err = failed
		}
		if err != nil {
			return err
		}
		return dom.SetFileInputFiles(paths).WithObjectID(el.ObjectID).Do(ctx)
	}))
}

// Press presses keys one after the other, as chromedp's kb names them.
func (p *Tab) Press(keys string) {
	p.t.Helper()
	p.run(chromedp.KeyEvent(keys))
	p.settle()
}

// Focused is the text of what has the focus.
func (p *Tab) Focused() string {
	p.t.Helper()
	var text string
	p.Eval(`(document.activeElement?.innerText || document.activeElement?.id || "").trim()`, &text)
	return text
}

// SignIn signs in at the sign-in page, and waits for the page after it.
func (p *Tab) SignIn(email, password string) {
	p.t.Helper()
	p.Open("/sign-in")
	p.Fill("email", email)
	p.Fill("password", password)
	p.Click("Sign in")
	p.Until("being signed in", func() bool { return p.Path() != "/sign-in" })
}

// Shot writes a picture of the window, or of the whole page, to path, without
// scroll bars.
func (p *Tab) Shot(path string, whole bool) {
	p.t.Helper()
	var b []byte
	p.run(p.evaluate(`document.documentElement.style.scrollbarWidth = "none"; 0`, nil), chromedp.ActionFunc(func(ctx context.Context) (err error) {
		b, err = page.CaptureScreenshot().WithCaptureBeyondViewport(whole).Do(ctx)
		if whole {
			err = chromedp.FullScreenshot(&b, 100).Do(ctx)
		}
		return err
	}))
	if err := os.WriteFile(path, b, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
