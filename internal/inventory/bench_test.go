package inventory

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/wardbook/wardbook"
)

// fleet writes n rows of 16 columns as a CMMS does.
func fleet(w io.Writer, n int) {
	fmt.Fprintln(w, `Asset ID,Manufacturer,Model,Model Number,Serial Number,SW Version,Description,UDI,Site,Department,VLAN,IP Address,MAC Address,Criticality,Life Support,Status`)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		m := rng.IntN(400)
		di := fmt.Sprintf("0084458801%03d", m)
		di += string(gtinCheckDigit(di + "0"))
		fmt.Fprintf(w, "A%07d,Maker %d,Model %d,MN-%04d,SN%08d,%d.%d.%d,\"Pump, infusion\",(01)%s(21)%08d,Site %d,Ward %d,VLAN %d,10.%d.%d.%d,00:1b:%02x:%02x:%02x:%02x,High,No,In use\n",
			i, m%60, m, m, i, m%9, rng.IntN(4), rng.IntN(9), di, i, m%3, rng.IntN(25), m%12, rng.IntN(255), rng.IntN(255), rng.IntN(255), i>>24&255, i>>16&255, i>>8&255, i&255)
	}
}

func BenchmarkStreamCSV(b *testing.B) {
	const n = 200_000
	var buf bytes.Buffer
	fleet(&buf, n)
	b.SetBytes(int64(buf.Len()))
	b.ReportAllocs()
	for b.Loop() {
		doc, err := Stream(bytes.NewReader(buf.Bytes()), "fleet.csv", Options{}, func(*wardbook.Device) error { return nil })
		if err != nil || doc.Count != n || len(doc.Problems) > 0 {
			b.Fatal(err, doc.Count, doc.Problems)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// fleetReader makes rows as they are read, so that the file itself takes no
// memory.
func fleetReader(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		bw := bytes.Buffer{}
		fleet(flusher{w, &bw}, n)
		_, _ = w.Write(bw.Bytes())
		w.Close()
	}()
	return r
}

type flusher struct {
	w   io.Writer
	buf *bytes.Buffer
}

func (f flusher) Write(b []byte) (int, error) {
	f.buf.Write(b)
	if f.buf.Len() > 1<<16 {
		_, err := f.w.Write(f.buf.Bytes())
		f.buf.Reset()
		return len(b), err
	}
	return len(b), nil
}

// BenchmarkMillionRows decodes 1,000,000 rows whole and says what stays in
// memory for them.
func BenchmarkMillionRows(b *testing.B) {
	if testing.Short() {
		b.Skip("long")
	}
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		doc, err := Decode(fleetReader(1_000_000), "fleet.csv", Options{})
		if err != nil || doc.Count != 1_000_000 {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB/1M-devices")
		runtime.KeepAlive(doc)

		peak := uint64(0)
		runtime.ReadMemStats(&before)
		doc = nil
		runtime.GC()
		i := 0
		_, err = Stream(fleetReader(1_000_000), "fleet.csv", Options{}, func(*wardbook.Device) error {
			if i++; i%100_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&after)
				peak = max(peak, after.HeapAlloc)
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(peak)/1e6, "MB-live-while-streaming")
	}
}
