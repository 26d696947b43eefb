// Package conform computes whether a file meets a standard: it compiles the
// checks that the statements of a standard carry (CEL) and asks them of the
// records. Conformity is never typed in.
//
// It owns the types that expressions see, the limits on what they may cost, and
// what the four results mean. It reads no database and knows no clock: whoever
// asks brings the records and the day. What statements there are is
// catalog.Standard; pages, tables and files are made elsewhere.
//
// In an expression each kind of record is a map from id to record, named as the
// kind ("risk", "control"), self is the record asked, and today is the day as
// text ("2026-01-31"). Fields are named as in the records' JSON. What a record
// does not say is empty: "", 0, false, an empty list; has() tells that apart. A
// reference to another record is that record. What refers to a risk stands in
// its controls, work and comments.
package conform
