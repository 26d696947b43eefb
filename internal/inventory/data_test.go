package inventory

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Scanner exports, threat models and an MDS2 worksheet are no inventories:
// each is refused with a word that says what it is, or read with its problems
// named. None crashes.
func TestScannerExports(t *testing.T) {
	dir := filepath.Join(dataDir(t), "inventory")
	read, refused := 0, 0
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		defer f.Close()
		doc, err := Decode(f, p, Options{})
		name, _ := filepath.Rel(dir, p)
		if err != nil {
			refused++
			t.Logf("%s: refused: %v", name, err)
			if !strings.Contains(err.Error(), "this is") && !strings.Contains(err.Error(), "no column could be recognised") && !strings.Contains(err.Error(), "empty") {
				t.Errorf("%s: the refusal does not say what the file is: %v", name, err)
			}
			return nil
		}
		read++
		t.Logf("%s: %s, %d devices, %d problems\n%s", name, doc.Format, doc.Count, len(doc.Problems), doc.Mapping)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d read, %d refused", read, refused)
}
