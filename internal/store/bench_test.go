package store_test

import (
	"fmt"
	"iter"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

// fleet makes n devices, a fraction of them with another version each round.
func fleet(n, round int) iter.Seq2[wardbook.Device, error] {
	return func(yield func(wardbook.Device, error) bool) {
		for i := range n {
			d := wardbook.Device{
				ID: fmt.Sprintf("asset-%07d", i*7919%n), Manufacturer: "Example Medical", Model: fmt.Sprint("Model ", i%400),
				Version: fmt.Sprint("3.", i%7), Serial: fmt.Sprintf("SN%09d", i), UDI: fmt.Sprintf("(01)00812345678901(21)SN%09d", i),
				UDIDI: "00812345678901", Type: "infusion pump", Site: fmt.Sprint("Site ", i%12), Location: fmt.Sprint("Ward ", i%300),
				IP: fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255), Criticality: "high", OS: "Linux 5.10",
				DeviceClass: "infusion-pump", Product: fmt.Sprint("P-", i%2800), Place: fmt.Sprint("fleet.csv row ", i+2),
			}
			if round > 0 && i%100 == round {
				d.Version += "-new"
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}

// TestFleetSpeed measures the import of a fleet; WARDBOOK_FLEET says how many
// devices.
func TestFleetSpeed(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("WARDBOOK_FLEET"))
	if err != nil {
		t.Skip("WARDBOOK_FLEET names no number of devices")
	}
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		for _, step := range []struct {
			name  string
			round int
		}{{"first time", 0}, {"unchanged", 0}, {"1 % changed", 1}} {
			start := time.Now()
			update(t, s, north, func(tx *store.Tx) error {
				c, err := tx.ReconcileDevices("cmms", fleet(n, step.round))
				if err == nil {
					t.Logf("%s: %d new, %d changed, %d same", step.name, len(c.New), len(c.Changed), c.Same)
				}
				return err
			})
			took := time.Since(start)
			t.Logf("%s: %.2f s, %.0f devices a second", step.name, took.Seconds(), float64(n)/took.Seconds())
		}
		start := time.Now()
		each := 0
		view(t, s, north, func(tx *store.Tx) error {
			for _, err := range tx.EachDevice("") {
				if err != nil {
					return err
				}
				each++
			}
			return nil
		})
		t.Logf("read all %d: %.2f s", each, time.Since(start).Seconds())
	})
}
