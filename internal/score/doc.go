// Package score proposes what findings mean: CVSS vectors under the
// conditions of a hospital, and risks with three evaluations under a policy.
//
// It is pure: the same input gives the same output, nothing is read or
// written. It owns the rules that turn findings, device classes and a
// wardbook.Policy into wardbook.Risk values; the numbers in those rules belong
// to the policy, the consequences and controls to the catalogue. Which product
// is affected is decided in internal/match, and how risks are shown in
// internal/report.
//
// Every value is a proposal for people and says by which rule it came about.
// What is not known stays unknown (0, empty) and becomes a question; nothing
// is ever accepted here.
package score
