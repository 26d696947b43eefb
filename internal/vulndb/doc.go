// Package vulndb reads vulnerability data (OSV, CVE JSON 5, NVD 2.0, CISA's
// KEV, FIRST's EPSS) and keeps it in a compiled feed: one compact file that
// answers "which records name this package" in microseconds.
//
// The format of a file is told by its content, never by its name. Unknown
// fields are tolerated; every fault is reported with its place and costs as
// little as possible: a bad field costs the field, a record that is not JSON
// costs the record.
//
// A run over any number of files, compiled once and looked up after:
//
//	db, err := cache.Open(digest, func(c *vulndb.Compiler) error {
//		src := c.Source("osv/Go.zip")
//		for each member { src.Add(name, reader) }
//		return nil
//	})
//	records, err := db.ByPackage("Go", "github.com/gin-gonic/gin")
//
// Opening files and archives is intake's. Whether a version is hit, and what
// that means, is match's and score's: this package only says what the records
// say.
package vulndb
