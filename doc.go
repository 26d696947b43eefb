// Package wardbook is the vocabulary of the risk management file for
// connected health IT: its types, states, validation and pure rules.
//
// It does no I/O and imports the standard library only, so that everything
// else (decoders, deciders, reports, and later the store and the server) can
// share the same nouns. Names are the field's own and are spelled as their
// source spells them; the doc comment of a type cites that source.
//
// A word has one meaning here: a Device is one instance in a fleet; a Product
// is what a maker sells, at one version; a Component is a part in an SBOM; a
// Finding is a product (or one of its components) with a vulnerability; a
// Statement is what somebody says about findings. What is not known is
// "unknown" or empty, never a good value.
package wardbook
