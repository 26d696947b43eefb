package vulndb

import (
	"os"
	"path/filepath"
	"testing"
)

// dataDir finds the real-world data beside the repository, or skips the test.
func dataDir(t testing.TB, sub string) string {
	t.Helper()
	root := os.Getenv("WARDBOOK_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	dir := filepath.Join(root, sub)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("real-world data is not at hand: %v", err)
	}
	return dir
}
