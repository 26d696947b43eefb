//go:build !unix

package dbtest

import "errors"

func startPostgres() (string, error) {
	return "", errors.New("tests start a server on Unix only; name one in WARDBOOK_POSTGRES")
}
