package report

import "io"

var writers = map[string]func(io.Writer, Data) error{
	"report.html": HTML, "report.pdf": PDF, "assessment.xlsx": XLSX,
}
