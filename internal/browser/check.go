package browser

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/emulation"
)

// A violation is what axe-core found.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Check holds the page against what every page has to be: no violation of WCAG
// 2.2 AA that axe-core can find, nothing wider than the screen, nothing on the
// console, no broken rule of the Content-Security-Policy. Except names rules of
// axe-core that do not count here; say why where it is called.
func (p *Tab) Check(except ...string) {
	p.t.Helper()
	at := p.Path()
	if p.screen.NoScript {
		// axe-core needs timers. What the page itself would have run it has missed.
		p.run(emulation.SetScriptExecutionDisabled(false))
		defer p.run(emulation.SetScriptExecutionDisabled(true))
	}
	p.Eval(p.b.axe+"; 0", nil)
	var found []violation
	// What the dark changes is contrast; the rest was seen in the light.
	rules := `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`
	if p.screen.Dark {
		rules = `{ type: "rule", values: ["color-contrast", "link-in-text-block"] }`
	}
	p.Eval(`axe.run(document, { resultTypes: ["violations"], runOnly: `+rules+` })
		.then(r => r.violations.map(v => ({ id: v.id, help: v.help, nodes: v.nodes.map(n => ({ html: n.html, failureSummary: n.failureSummary })) })))`, &found)
	for _, v := range found {
		skip := false
		for _, e := range except {
			skip = skip || e == v.ID
		}
		if skip {
			continue
		}
		var where []string
		for _, n := range v.Nodes[:min(len(v.Nodes), 3)] {
			where = append(where, fmt.Sprintf("%.200s\n    %s", n.HTML, strings.ReplaceAll(n.Summary, "\n", "\n    ")))
		}
		p.t.Errorf("%s (%s): %s: %s (%d times)\n  %s", at, p.screen, v.ID, v.Help, len(v.Nodes), strings.Join(where, "\n  "))
	}
	var wide []string
	p.Eval(`(() => { const w = document.documentElement.clientWidth, out = [];
		if (document.documentElement.scrollWidth <= w) return out;
		for (const el of document.body.querySelectorAll("*")) {
			const r = el.getBoundingClientRect();
			if (r.right > w + 1 && !el.closest(".tablebox, .scroll-x, .tabs")) out.push(el.tagName + "." + el.className + " " + Math.round(r.right) + " " + (el.innerText ?? "").slice(0, 60));
		}
		return out.length ? out.slice(0, 5) : ["something that is not seen"]; })()`, &wide)
	if len(wide) > 0 {
		p.t.Errorf("%s (%s): wider than the screen:\n  %s", at, p.screen, strings.Join(wide, "\n  "))
	}
	p.Quiet()
}

// Quiet fails the test where the browser had something to say on its console.
func (p *Tab) Quiet() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.said {
		p.t.Errorf("%s (%s): on the console: %s", p.base, p.screen, s)
	}
	p.said = nil
}
