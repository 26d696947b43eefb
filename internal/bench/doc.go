// Package bench makes the living file of a large hospital and walks through its
// pages: inventories, SBOMs and vulnerability records of any size, which equal
// sizes make equal to the byte, and users who read and think. It owns what
// `wardbook bench` measures with; how it is imported, matched and served is the
// program's own code.
package bench
