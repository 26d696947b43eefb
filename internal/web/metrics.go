package web

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/wardbook/wardbook/internal/store"
)

// countsAgain is how long numbers that are read from the database are given
// again before they are read anew.
const countsAgain = 10 * time.Second

// Metrics is what Prometheus reads about a server. It is answered at a listener
// of its own and never among the pages. There are counts and times in it, by
// route, kind of job and id of organization; names, titles and addresses are
// not.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	active   prometheus.Gauge
	store    *prometheus.HistogramVec
	failures *prometheus.CounterVec
}

// NewMetrics makes the metrics of a program. version is the program's.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "wardbook_http_request_duration_seconds", Help: "Time to answer requests, by pattern of the route and status.",
			Buckets: []float64{.005, .01, .025, .05, .1, .15, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"route", "status"}),
		active: prometheus.NewGauge(prometheus.GaugeOpts{Name: "wardbook_http_requests_active", Help: "Requests that are being answered."}),
		store: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "wardbook_store_duration_seconds", Help: "Time of transactions, waiting for others among it: view reads, update writes an entry of the book.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30, 120},
		}, []string{"verb"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wardbook_store_failures_total", Help: "Transactions that failed; a conflict of two edits and a record that is not there are among them.",
		}, []string{"verb"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "wardbook_build_info", Help: "1; the label says which program this is.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.active, m.store, m.failures, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Store takes what store.Observe tells.
func (m *Metrics) Store(verb string, took time.Duration, err error) {
	m.store.WithLabelValues(verb).Observe(took.Seconds())
	if err != nil {
		m.failures.WithLabelValues(verb).Inc()
	}
}

// request notes one request. Requests that no route answers have the pattern
// of the one that says so, so that nobody can make patterns up.
func (m *Metrics) request(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Watch adds what is counted in the database. feeds may be nil; else it says
// when each feed was last fetched without a fault.
func (m *Metrics) Watch(s *store.Store, feeds func(ctx context.Context) (map[string]time.Time, error)) {
	m.registry.MustRegister(&counts{store: s, feeds: feeds})
}

// counts are the metrics that are read from the database when somebody asks.
type counts struct {
	store *store.Store
	feeds func(ctx context.Context) (map[string]time.Time, error)
	mu    sync.Mutex
	at    time.Time
	last  []prometheus.Metric
}

var (
	jobsDesc    = prometheus.NewDesc("wardbook_jobs", "Jobs by kind and state.", []string{"kind", "state"}, nil)
	entriesDesc = prometheus.NewDesc("wardbook_book_entries", "Entries in the book, by id of the organization; system is the book of the installation.", []string{"organization"}, nil)
	feedDesc    = prometheus.NewDesc("wardbook_feed_age_seconds", "Time since the feed was last fetched without a fault.", []string{"feed"}, nil)
	upDesc      = prometheus.NewDesc("wardbook_database_up", "1 where the database answers.", nil, nil)
)

// Describe lists what Collect gives, for Prometheus.
func (c *counts) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{jobsDesc, entriesDesc, feedDesc, upDesc} {
		ch <- d
	}
}

// Collect reads the counts, or gives those that are not old yet.
func (c *counts) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.at) >= countsAgain {
		c.last, c.at = c.read(), time.Now()
	}
	for _, m := range c.last {
		ch <- m
	}
}

func (c *counts) read() (all []prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		all = append(all, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...))
	}
	jobs, err := c.store.JobCounts(ctx)
	for _, j := range jobs {
		gauge(jobsDesc, float64(j.Jobs), j.Kind, j.State)
	}
	entries, err2 := c.store.Entries(ctx)
	for id, n := range entries {
		gauge(entriesDesc, float64(n), id)
	}
	up := 0.0
	if err == nil && err2 == nil {
		up = 1
	}
	gauge(upDesc, up)
	if c.feeds != nil {
		feeds, err := c.feeds(ctx)
		if err != nil {
			return all
		}
		for name, at := range feeds {
			gauge(feedDesc, time.Since(at).Seconds(), name)
		}
	}
	return all
}

// Serve answers /metrics at address until ctx ends. started is told the
// address. Whoever reaches the listener may read: keep it on the loopback
// address or in a network of its own.
func (m *Metrics) Serve(ctx context.Context, address string, started func(address string)) error {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: readTimeout}))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: pageTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader}
	end := context.AfterFunc(ctx, func() { srv.Close() })
	defer end()
	started("http://" + reachable(ln.Addr()) + "/metrics")
	if err := srv.Serve(ln); ctx.Err() == nil {
		return err
	}
	return nil
}
