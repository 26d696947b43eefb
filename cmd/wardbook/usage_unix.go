//go:build unix

package main

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"
)

// processorTime is what the process has used so far, on all cores.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the largest resident memory of the process since resetPeak, in bytes;
// 0 where the system does not tell.
func peak() int64 { return status("VmHWM:") }

// resident is the resident memory now, in bytes; 0 where the system does not
// tell.
func resident() int64 { return status("VmRSS:") }

func resetPeak() { _ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) } // where it cannot, the peak is that of the whole run

func status(field string) int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte(field)); ok {
			if words := bytes.Fields(rest); len(words) > 0 {
				kib, _ := strconv.ParseInt(string(words[0]), 10, 64)
				return kib << 10
			}
		}
	}
	return 0
}
