//go:build !unix

package feed

import "os"

// lockFile keeps the file open for writing, which other processes cannot remove
// meanwhile.
func lockFile(path string) (release func(), err error) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, ErrBusy
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o644)
	if err != nil {
		return nil, ErrBusy
	}
	return func() { f.Close() }, nil
}
