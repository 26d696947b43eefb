package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// Limits of the server. Reading a form takes seconds; writing out a book to a
// slow client can take long, so only what comes in has a short limit.
const (
	maxForm     = 64 << 10 // bytes of a form
	maxHeader   = 32 << 10
	readTimeout = 15 * time.Second
	idleTimeout = 2 * time.Minute
	pageTimeout = 60 * time.Second // to make and send a page
	fileTimeout = 30 * time.Minute // to send a document or a book
	maxSending  = 3                // files at the same time
	stopTimeout = 20 * time.Second // for requests under way when the server stops
)

// Options say how the server runs.
type Options struct {
	Listen       string // address and port; port 0 takes a free one
	CertFile     string // TLS certificate and key in PEM; empty: plain HTTP
	KeyFile      string
	BehindProxy  bool // TLS ends at a proxy that sets X-Forwarded-For
	Version      string
	Log          *slog.Logger
	SessionIdle  time.Duration // 8 h where 0
	SessionLasts time.Duration // 7 days where 0
	Clock        func() time.Time
	Checks       []Check       // of what else has to be in order for /readyz
	Metrics      *Metrics      // may be nil
	Importer     *app.Importer // takes in what people bring; nil: one with the default limits
	Feeds        *app.Feeds    // of the installation; nil: it has no feed folder
	Living       *app.Living   // explains why a device is not affected; nil: that is not offered
	Notifier     *app.Notifier // sends mail; nil: none is sent
	Drain        time.Duration // between /readyz saying that the server stops and the end of new connections
}

// A Server answers browsers. Make it with New.
type Server struct {
	store     *store.Store
	o         Options
	secure    bool // cookies only over TLS
	overviews overviews
	conformed conformities
	fleets    fleets
	attempts  attempts
	strangers strangers
	tokens    allowances
	verifying chan struct{} // one verification at a time
	sending   chan struct{} // files being sent: each holds a transaction that reads
	uploading chan struct{} // uploads under way: each has temporary files
	taking    sync.Once     // makes the importer where there is none
	takingErr error
	resetting chan struct{} // mails with links for a new password under way
	stopping  chan struct{} // closed when the server begins to stop: for what would stay open
	ready     readiness
	streams   atomic.Int64 // browsers that listen to events
}

// New makes a server over s.
func New(s *store.Store, o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.SessionIdle == 0 {
		o.SessionIdle = 8 * time.Hour
	}
	if o.SessionLasts == 0 {
		o.SessionLasts = 7 * 24 * time.Hour
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return &Server{store: s, o: o, secure: o.CertFile != "" || o.BehindProxy, verifying: make(chan struct{}, 1), sending: make(chan struct{}, maxSending), uploading: make(chan struct{}, maxUploads), resetting: make(chan struct{}, maxResets), stopping: make(chan struct{})}
}

// Run serves until ctx ends, then says so at /readyz, waits for Options.Drain,
// and lets the requests under way finish. It is called once. started
// is told the address of the server and, while nobody can run the installation
// yet, the address of the page that makes the first operator.
func (s *Server) Run(ctx context.Context, started func(address, setup string)) error {
	ln, err := net.Listen("tcp", s.o.Listen)
	if err != nil {
		return err
	}
	srv := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.o.Log.Handler(), slog.LevelWarn),
	}
	scheme := "http"
	if s.o.CertFile != "" {
		scheme = "https"
	}
	address := scheme + "://" + reachable(ln.Addr())
	setup, err := s.setupAddress(ctx, address)
	if err != nil {
		ln.Close()
		return err
	}
	served := make(chan error, 1)
	go func() {
		if s.o.CertFile != "" {
			served <- srv.ServeTLS(ln, s.o.CertFile, s.o.KeyFile)
		} else {
			served <- srv.Serve(ln)
		}
	}()
	go s.sweep(ctx)
	started(address, setup)
	select {
	case err := <-served:
		return fmt.Errorf("the server ended: %w", err)
	case <-ctx.Done():
	}
	close(s.stopping)
	time.Sleep(s.o.Drain)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil {
		srv.Close()
		return fmt.Errorf("requests did not end in time: %w", err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// reachable is an address that a browser on this machine can open: one that
// listens everywhere is called localhost.
func reachable(a net.Addr) string {
	if t, ok := a.(*net.TCPAddr); ok && t.IP.IsUnspecified() {
		return net.JoinHostPort("localhost", strconv.Itoa(t.Port))
	}
	return a.String()
}

func (s *Server) setupAddress(ctx context.Context, address string) (string, error) {
	need, err := s.store.NeedsSetup(ctx)
	if err != nil || !need {
		return "", err
	}
	key, err := app.SetupLink(ctx, s.store)
	if err != nil {
		return "", err
	}
	return address + "/setup/" + key, nil
}

// sweep takes away sessions and links that ended, every hour.
func (s *Server) sweep(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := s.store.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.o.Log.Warn("sweep", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
