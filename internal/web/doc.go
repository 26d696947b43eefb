// Package web is the server: pages for browsers over the store. It owns
// everything HTTP: routes and who may use them, sessions, forms, templates, the
// style sheet, security headers and the request log. What a change means is
// app's, how it is kept is the store's.
//
// Every route stands in one table (routes.go) with the roles that may use it;
// a test walks all of them with every role. A reading page gets a transaction
// of one organization, at the moment that the address names (?at=), and cannot
// write. Pages work without JavaScript. The modules in static/ add to them what
// needs it and nothing else: lists that change in their place, live progress,
// keys (docs/pages.md). There is no build step and no library.
//
// What a page needs of the whole book is computed once per position of the log
// and kept (overview.go): the past does not change.
package web
