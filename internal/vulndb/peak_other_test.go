//go:build !unix

package vulndb

import "os"

// peakMiB is not known here.
func peakMiB(*os.ProcessState) float64 { return 0 }
