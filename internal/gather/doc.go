// Package gather reads what people bring into what an assessment is made from:
// each document in its leaf (inventory, sbom, advisory, vulndb, the catalogue's
// policy), with its digest, its format, its age and all its faults.
//
// Read takes paths and gives the inputs of one run, as the command line does.
// Decode takes the bytes of one document, as the server does, which keeps them
// as evidence; Detect tells by content what somebody has dropped.
//
// What the documents mean together is left to package assess; what is kept of
// them, and for how long, to its callers.
package gather
