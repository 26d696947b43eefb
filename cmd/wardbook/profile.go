package main

import (
	"errors"
	"os"
	"runtime/pprof"
)

// profiles are the files that --cpuprofile and --memprofile name. The flags are
// hidden: they are for those who make the program faster.
type profiles struct{ cpu, mem string }

// start begins to measure; stop writes what was measured.
func (p profiles) start() (stop func() error, err error) {
	var cpu *os.File
	if p.cpu != "" {
		if cpu, err = os.Create(p.cpu); err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(cpu); err != nil {
			return nil, errors.Join(err, cpu.Close())
		}
	}
	return func() error {
		var errs []error
		if cpu != nil {
			pprof.StopCPUProfile()
			errs = append(errs, cpu.Close())
		}
		if p.mem != "" {
			errs = append(errs, writeHeap(p.mem))
		}
		return errors.Join(errs...)
	}, nil
}

// writeHeap shows what was in use at the last collection: at the end of the run
// nothing is.
func writeHeap(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(pprof.WriteHeapProfile(f), f.Close())
}
