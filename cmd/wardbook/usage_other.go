//go:build !unix

package main

import "time"

func processorTime() time.Duration { return 0 }
func peak() int64                  { return 0 }
func resident() int64              { return 0 }
func resetPeak()                   {}
