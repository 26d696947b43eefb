//go:build unix

package vulndb

import (
	"os"
	"runtime"
	"syscall"
)

// peakMiB is the most resident memory that an ended process had.
func peakMiB(st *os.ProcessState) float64 {
	ru, ok := st.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	unit := 1024.0 // KiB, save on Darwin
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return float64(ru.Maxrss) * unit / (1 << 20)
}
