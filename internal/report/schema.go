package report

import _ "embed"

// Schema is the JSON Schema (draft 2020-12) of what JSON writes. It stands in
// docs/assessment.schema.json too; a test holds the two and the program
// together.
//
//go:embed assessment.schema.json
var Schema []byte
