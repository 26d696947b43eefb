package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A Cookie is the session of a user.
type Cookie = http.Cookie

// A Walk is users who read pages of a server at the same time.
type Walk struct {
	Base    string    // address of the server
	Cookies []*Cookie // one of each user's session
	Lasts   time.Duration
	// Think is how long a user reads before the next page, at least and at most.
	Think [2]time.Duration
	// Pages gives the next page that a user looks at: its path, and the kind
	// that it is counted under.
	Pages func(r *rand.Rand) (kind, path string)
}

// Times are how long the answers took, in order.
type Times []time.Duration

// At is the time that a share p of the answers took at most.
func (t Times) At(p float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	return t[min(int(p*float64(len(t))), len(t)-1)]
}

// A Walked says how a walk went.
type Walked struct {
	All    Times
	Kinds  map[string]Times
	Errors []string // the first of them
	Failed int
}

// Run walks. An answer counts when its last byte is there.
func (w Walk) Run(ctx context.Context) *Walked {
	ctx, cancel := context.WithTimeout(ctx, w.Lasts)
	defer cancel()
	out := &Walked{Kinds: map[string]Times{}}
	client := &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: len(w.Cookies)},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var all sync.WaitGroup
	for i, cookie := range w.Cookies {
		all.Go(func() {
			r := rand.New(rand.NewPCG(5, uint64(i)))
			for {
				pause := w.Think[0]
				if more := w.Think[1] - w.Think[0]; more > 0 {
					pause += rand.N(more)
				}
				select {
				case <-ctx.Done():
					return
				case <-time.After(pause):
				}
				kind, path := w.Pages(r)
				start := time.Now()
				err := get(context.WithoutCancel(ctx), client, w.Base+path, cookie) // what was asked is waited for
				took := time.Since(start)
				mu.Lock()
				out.All, out.Kinds[kind] = append(out.All, took), append(out.Kinds[kind], took)
				if err != nil {
					if out.Failed++; len(out.Errors) < 5 {
						out.Errors = append(out.Errors, path+": "+err.Error())
					}
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(out.All)
	for _, t := range out.Kinds {
		slices.Sort(t)
	}
	return out
}

func get(ctx context.Context, client *http.Client, address string, cookie *Cookie) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	req.AddCookie(cookie)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", resp.Status)
	}
	return nil
}
