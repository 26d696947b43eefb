// Package match decides what a vulnerability or an advisory affects, and why.
// It is pure: no file, clock or network.
//
// It owns the orders of versions, the matching of components, devices and
// products, the weighing of statements (VEX and answers) and support ends. It
// leaves reading to the decoders, scores to score, and what a match means for
// patients to assess.
//
// A match that rests on something that only a person can settle is
// possibly_affected and says what is missing; it is never dropped and never
// stated as fact.
package match
