package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/bench"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/web"
)

// documents takes in the SBOMs and the vulnerability records.
func (b *benching) documents(ctx context.Context, dir string) error {
	for _, d := range []struct {
		step, file, what string
		n                int
		write            func(io.Writer) error
	}{
		{"import of SBOMs", "sboms.zip", "SBOMs", b.fleet.Products, b.fleet.SBOMs},
		{"import of records", "records.zip", "records", b.fleet.Vulnerabilities, b.fleet.Records},
	} {
		path := filepath.Join(dir, d.file)
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		if err := errors.Join(d.write(file), file.Close()); err != nil {
			return err
		}
		if err := b.step(d.step, d.n, d.what, func() error { return b.bring(ctx, path) }); err != nil {
			return err
		}
	}
	return nil
}

// assess makes the assessment, and again when nothing has changed.
func (b *benching) assess(ctx context.Context, _ string) error {
	for _, name := range []string{"first assessment", "assessment, nothing changed"} {
		err := b.step(name, b.fleet.Devices, "devices", func() error {
			out, err := b.living.Assess(ctx, b.org, wardbook.Event{Actor: app.System, Action: "assessment.make"}, time.Now(), nil)
			if err == nil {
				fmt.Fprintf(b.out, "  %s\n", out)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// advisories holds new advisories against all devices.
func (b *benching) advisories(ctx context.Context, _ string) error {
	const n = 2000
	var times bench.Times
	hits := 0
	if _, err := b.living.Hits(ctx, b.org, b.fleet.Advisory(0)); err != nil { // makes the index
		return err
	}
	for i := range n {
		adv := b.fleet.Advisory(i)
		start := time.Now()
		list, err := b.living.Hits(ctx, b.org, adv)
		times = append(times, time.Since(start))
		if err != nil {
			return err
		}
		for _, h := range list {
			hits += len(h.Devices)
		}
	}
	slices.Sort(times)
	fmt.Fprintf(b.out, "%-28s %d advisories against all devices: p50 %v, p99 %v, longest %v; %d devices hit\n", "a new advisory", n, times.At(0.5), times.At(0.99), times.At(1), hits)
	return nil
}

// benchPages are the pages that users walk through, and how often of a hundred.
var benchPages = []struct {
	kind, path string
	often      int
}{
	{"Today", "/", 12},
	{"inventory", "/inventory", 8}, {"inventory, sorted", "/inventory?sort=model", 4}, {"inventory, sorted", "/inventory?sort=ward&dir=desc", 4}, {"inventory, sorted", "/inventory?sort=class", 2},
	{"inventory, filtered", "/inventory?service=in_service&sort=version", 4}, {"inventory, filtered", "/inventory?site=WARDSITE", 6},
	{"inventory, searched", "/inventory?q=NUMBER", 8}, {"inventory, searched", "/inventory?q=altura", 2},
	{"device", "/inventory/EQ-DEVICE", 14},
	{"findings", "/findings", 5}, {"findings, filtered", "/findings?q=part-1&sort=product", 4},
	{"risks", "/risks", 6}, {"risks, filtered", "/risks?show=todo&sort=devices&q=a", 4},
	{"risk", "/risks/RISK", 7}, {"finding", "/findings/FINDING", 4}, {"book", "/book", 6},
}

// pages serves the book on the loopback address while users walk through it.
func (b *benching) pages(ctx context.Context, _ string) error {
	b.im, b.worker = nil, nil
	cookies, err := b.signIn(ctx)
	if err != nil {
		return err
	}
	var risks, findings []string
	err = b.s.View(ctx, b.org, func(tx *store.Tx) error {
		page, err := tx.Revisions(wardbook.Risk{}.RecordKind(), store.ListOptions{Limit: 500})
		for _, r := range page.Items {
			risks = append(risks, r.ID)
		}
		if err != nil {
			return err
		}
		found, err := tx.Findings(store.FactOptions{Limit: 500})
		for _, f := range found.Items {
			findings = append(findings, f.Value.ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	address, served := make(chan string, 1), make(chan error, 1)
	go func() {
		served <- web.New(b.s, web.Options{Listen: "127.0.0.1:0", Living: b.living, Version: version()}).Run(ctx, func(a, _ string) { address <- a })
	}()
	w := bench.Walk{Cookies: cookies, Lasts: b.walk, Think: [2]time.Duration{2 * time.Second, 5 * time.Second}, Pages: func(r *rand.Rand) (string, string) {
		return b.page(r, risks, findings)
	}}
	select {
	case w.Base = <-address:
	case err := <-served:
		return err
	}
	first := bench.Walk{Base: w.Base, Cookies: cookies[:1], Lasts: time.Millisecond, Pages: func(*rand.Rand) (string, string) { return "the first page", "/inventory?sort=model" }}
	b.told(first.Run(ctx))
	debug.FreeOSMemory()
	fmt.Fprintf(b.out, "resident after the first page: %d MiB\n", resident()>>20)
	var out *bench.Walked
	if err := b.step("walk", b.users, "users", func() error { out = w.Run(ctx); return nil }); err != nil {
		return err
	}
	b.told(out)
	fmt.Fprintf(b.out, "resident: %d MiB\n", resident()>>20)
	stop()
	if err := <-served; err != nil {
		return err
	}
	if out.Failed > 0 {
		return fmt.Errorf("%d pages failed: %v", out.Failed, out.Errors)
	}
	return nil
}

// page picks the next page of a user.
func (b *benching) page(r *rand.Rand, risks, findings []string) (kind, path string) {
	n := r.IntN(100)
	for _, p := range benchPages {
		if n -= p.often; n >= 0 {
			continue
		}
		switch p.path {
		case "/inventory/EQ-DEVICE":
			return p.kind, fmt.Sprintf("/inventory/EQ-%07d", r.IntN(b.fleet.Devices))
		case "/inventory?q=NUMBER":
			return p.kind, fmt.Sprintf("/inventory?q=eq-%05d", r.IntN(max(b.fleet.Devices/100, 1)))
		case "/inventory?site=WARDSITE":
			ward := r.IntN(b.fleet.Wards)
			return p.kind, "/inventory?sort=model&ward=" + url.QueryEscape(bench.Ward(ward))
		case "/risks/RISK":
			if len(risks) > 0 {
				return p.kind, "/risks/" + risks[r.IntN(len(risks))]
			}
		case "/findings/FINDING":
			if len(findings) > 0 {
				return p.kind, "/findings/" + url.PathEscape(findings[r.IntN(len(findings))])
			}
		default:
			return p.kind, p.path
		}
	}
	return "Today", "/"
}

func (b *benching) told(w *bench.Walked) {
	line := func(kind string, t bench.Times) {
		fmt.Fprintf(b.out, "  %-24s %6d pages: p50 %7.1f ms, p95 %7.1f ms, longest %7.1f ms\n", kind, len(t), ms(t.At(0.5)), ms(t.At(0.95)), ms(t.At(1)))
	}
	for _, kind := range slices.Sorted(maps.Keys(w.Kinds)) {
		line(kind, w.Kinds[kind])
	}
	line("all", w.All)
	fmt.Fprintf(b.out, "  %d failed\n", w.Failed)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// signIn makes the users and their sessions.
func (b *benching) signIn(ctx context.Context) ([]*bench.Cookie, error) {
	var out []*bench.Cookie
	ev := wardbook.Event{Actor: "bench", Action: "user.create"}
	for i := range b.users {
		id := fmt.Sprintf("bench-%d", i+1)
		err := b.s.Update(ctx, store.System, ev, func(tx *store.Tx) error {
			_, err := tx.Put(id, 0, wardbook.User{Name: id, Email: id + "@example.org"})
			return err
		})
		if err == nil {
			err = b.s.Update(ctx, b.org, ev, func(tx *store.Tx) error {
				_, err := tx.Put(id, 0, wardbook.Membership{User: id, Name: id, Roles: []wardbook.Role{wardbook.Analyst}})
				return err
			})
		}
		if err != nil {
			return nil, err
		}
		key, _, err := b.s.StartSession(ctx, store.Session{User: id, Idle: time.Hour}, 24*time.Hour)
		if err != nil {
			return nil, err
		}
		out = append(out, &bench.Cookie{Name: "wardbook", Value: key})
	}
	return out, nil
}
