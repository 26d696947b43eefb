// Package app holds what people do that changes something and is more than one
// write: it says what happens, in which order, and what the book says of it.
// Who may do it is checked by its callers before; how it is kept is the
// store's.
package app
