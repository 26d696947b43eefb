// Package browser lets tests use the pages as people do: in a real Chromium,
// with mouse and keyboard, with and without scripts, on a desk and on a phone.
// It is for tests only.
//
// A Browser is one Chromium for a test program; a Tab in it is one person with
// cookies of their own:
//
//	b := browser.Start(t) // skips the test where there is no Chromium
//	p := b.Tab(t, server.URL, browser.Desk)
//	p.SignIn("ana@example.org", password)
//	p.Click("Risks")
//	p.Wait("in the register")
//	p.Check() // accessible, no overflow, nothing on the console
//
// Every method fails the test where a person would be stuck.
package browser
