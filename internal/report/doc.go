// Package report writes an assessment for people and programs: HTML, PDF,
// XLSX, CSV and JSON.
//
// HTML and PDF carry the same content. It is built once, as a document of
// sections and blocks (content.go), and rendered twice; pictures are drawn
// once against a small canvas with an SVG and a PDF back end (canvas.go). A
// list that is too long for a page is cut with a line that says how many rows
// follow and in which sheet of the XLSX file they stand; the XLSX and JSON
// files are never cut.
//
// The order is that of a reader with little time: what was asked and with which
// kinds of input, then the answer on one page (the second in print), then the
// risks, of which the first are told in full on about a page each, then what
// people have to settle, and last what is there for checking.
//
// The package decides nothing: what is affected, how bad it is and what to do
// first stands in the assessment. Levels, their names and who may accept them
// stand in the policy. Where a value is not known, the report says "unknown".
//
//	err := report.PDF(w, report.Data{Assessment: a, Policy: p, Organization: "St. Example Hospital"})
//
// All outputs are deterministic: equal data gives equal bytes. Cells of CSV
// and XLSX outputs that a spreadsheet would run as a formula get a leading
// apostrophe (see Neutral).
package report
