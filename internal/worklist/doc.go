// Package worklist writes the work list of a ward as a workbook (XLSX) and reads
// it again when somebody has filled it in. It owns the shape of the file: one
// row per device, of which state, note and date can be changed, and a hidden
// sheet that says which lines of which revision it was made from. What a filled
// in list changes is left to internal/app.
package worklist
