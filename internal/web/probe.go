package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Probe asks a server that runs at an address (http://host:port) whether it is
// ready, and for the page where people sign in. It is for a program that starts
// a server only to see that it starts.
func Probe(ctx context.Context, address string) error {
	client := http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, path := range []string{"/readyz", "/sign-in"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		resp.Body.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s: %.200s", path, resp.Status, body)
		}
	}
	return nil
}
