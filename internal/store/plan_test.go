package store

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/wardbook/wardbook"
)

// TestDeviceFact: the JSON that is written out by hand is that of the package,
// byte for byte, for every field, empty or not, plain or not.
func TestDeviceFact(t *testing.T) {
	values := []string{"", "a", "Süd \"1\"", `back\slash`, "tab\tand\x01", "</script>\u2028", "\x7f", "plain text, with 1/2"}
	r := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		var d wardbook.Device
		v := reflect.ValueOf(&d).Elem()
		for i := range v.NumField() {
			v.Field(i).SetString(values[r.IntN(len(values))])
		}
		f, err := deviceFact(d)
		if err != nil {
			t.Fatal(err)
		}
		got, data, err := appendDeviceFact(nil, "cmms", &d)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got[data:], f.data) {
			t.Fatalf("got  %s\nwant %s", got[data:], f.data)
		}
		want := []byte{}
		for _, s := range []string{"cmms", d.ID, d.Product} {
			want = append(binary.BigEndian.AppendUint64(want, uint64(len(s))), s...)
		}
		if !bytes.Equal(got[:data], want) {
			t.Fatalf("head %q, want %q", got[:data], want)
		}
		var back wardbook.Device
		if err := json.Unmarshal(got[data:], &back); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := appendDeviceFact(nil, "cmms", &wardbook.Device{ID: "\xff"}); err == nil {
		t.Error("text that is not UTF-8 was taken")
	}
}
