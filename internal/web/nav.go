package web

import "github.com/wardbook/wardbook"

// A section is a group of the navigation, a place one of its links.
type section struct {
	Title  string
	Places []place
}

type place struct {
	Path, Label, Icon string // the icon is the id of a symbol in sprite.html
	who               access
}

// navigation is what stands at the left of every page, in the order in which
// people work. A new page adds its line here.
var navigation = []section{
	{"", []place{{"/", "Today", "i-today", member}, {"/inbox", "Inbox", "i-inbox", member}}},
	{"Risk file", []place{
		{"/risks", "Risks", "i-matrix", member},
		{"/findings", "Findings", "i-list", member},
		{"/questions", "Questions", "i-ask", member},
		{"/decisions", "Decisions", "i-check", member},
		{"/work", "Work", "i-list", member},
	}},
	{"Fleet", []place{
		{"/inventory", "Inventory", "i-device", member},
		{"/products", "Products", "i-list", member},
		{"/components", "Where used", "i-list", member},
		{"/support", "End of support", "i-cal", member},
	}},
	{"Evidence", []place{
		{"/import", "Import", "i-down", importer},
		{"/sources", "Sources", "i-list", member},
		{"/jobs", "Jobs", "i-today", member},
		{"/conformity", "Conformity", "i-check", member},
		{"/evidence", "Documents", "i-doc", member},
		{"/book", "The book", "i-book", member},
	}},
	{"Settings", []place{
		{"/policy", "Risk policy", "i-matrix", member},
		{"/members", "Members", "i-people", admin},
		{"/settings/feeds", "Feeds", "i-down", member},
		{"/tokens", "Tokens", "i-list", admin},
		{"/api", "API", "i-doc", member},
		{"/account", "Your account", "i-person", signedIn},
	}},
}

// Navigation is what the roles of who asks open.
func (v *view) Navigation() []section {
	var out []section
	for _, s := range navigation {
		open := section{Title: s.Title}
		for _, p := range s.Places {
			m := p.who == signedIn || p.who == operator || v.Member()
			if m && v.q.may(p.who) {
				open.Places = append(open.Places, p)
			}
		}
		if len(open.Places) > 0 {
			out = append(out, open)
		}
	}
	return out
}

// Keeps reports whether a place shows the past too; the account and what brings
// something new do not.
func (p place) Keeps() bool {
	return p.who != signedIn && p.who != admin && p.who != importer && p.who != operator && p.Path != "/settings/feeds"
}

// themes are the looks that a person can choose.
var themes = []option{{Value: "", Label: "as the computer has it"}, {Value: wardbook.ThemeLight, Label: "light"}, {Value: wardbook.ThemeDark, Label: "dark"}}
