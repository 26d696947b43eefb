package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
)

// feedsView are the feeds of the installation: how fresh each is, what was kept
// aside, and what an operator can do.
type feedsView struct {
	*table
	Any      bool
	None     bool // the server has no feed folder
	Operator bool
	Jobs     []jobView
	Aside    *table
	Add      *form
	Load     *form
	Key      string // of bundles; empty: none was made yet
	Said     string
}

// errNoFeeds is told where the server was started without a feed folder.
var errNoFeeds = &refusal{http.StatusNotFound, "This server has no feed folder: it is started with --feeds DIR."}

func (s *Server) feedsPage(q *request) error {
	v, err := s.feedsView(q)
	if err != nil {
		return err
	}
	if v.table != nil && v.file != "" {
		return q.sendList(v.table)
	}
	return q.render(http.StatusOK, "feeds", v)
}

func (s *Server) feedsView(q *request) (*feedsView, error) {
	v := &feedsView{Operator: q.may(operator)}
	if s.o.Feeds == nil {
		v.None = true
		return v, nil
	}
	all, err := s.o.Feeds.States(q.r.Context())
	if err != nil {
		return nil, err
	}
	v.Any = len(all) > 0
	for _, f := range all {
		if f.Job != nil {
			v.Jobs = append(v.Jobs, q.progress(*f.Job, "Fetch of "+f.Source.ID, ""))
		}
	}
	l := q.feedList()
	l.All = slices.Values(all)
	if v.table, err = l.show(q); err != nil {
		return nil, err
	}
	aside, err := s.o.Feeds.Aside()
	if err != nil {
		return nil, err
	}
	v.Aside = asideList(q).of(aside[:min(len(aside), 200)])
	if v.Operator {
		v.Add, v.Load = feedForm(), bundleForm()
		v.Key, err = s.o.Feeds.BundleKey()
	}
	return v, err
}

// feedAges says of each feed up to when it is known now; the past has the ages
// of its assessment.
func (q *request) feedAges() ([]ageRow, error) {
	if q.s.o.Feeds == nil || !q.at.IsZero() {
		return nil, nil
	}
	all, err := q.s.o.Feeds.Status()
	var out []ageRow
	for _, f := range all {
		row := ageRow{Source: "Feed " + f.Source.ID, Feed: f.Known(q.s.o.Clock())}
		row.Stale = !strings.HasPrefix(row.Feed, "as of")
		out = append(out, row)
	}
	return out, err
}

// feedKnown says up to when a feed is known.
func (q *request) feedKnown(f app.FeedState) cell {
	text := f.Known(q.s.o.Clock())
	c := cell{Text: text, Look: "chip", Tone: "warn"}
	if strings.HasPrefix(text, "as of") {
		c.Tone = "good"
	}
	if f.Bundle != "" {
		c.Sub = &cell{Text: "by bundle " + f.Bundle}
	}
	return c
}

func (q *request) feedList() list[app.FeedState] {
	return list[app.FeedState]{
		Name: "feeds", Label: "Feeds", Empty: "There is no feed yet.", ID: func(f app.FeedState) string { return f.Source.ID },
		Order: by(func(f app.FeedState) string { return f.Source.ID }), Sort: "feed",
		Columns: []column[app.FeedState]{
			{Head: "Feed", Sub: "Kind", Class: "title", Sort: "feed", Compare: by(func(f app.FeedState) string { return f.Source.ID }), Cell: func(f app.FeedState) cell {
				return cell{Text: f.Source.ID, Href: "/settings/feeds/" + f.Source.ID, Sub: &cell{Text: string(f.Source.Kind)}}
			}},
			{Head: "Known", Cell: q.feedKnown},
			{Head: "Documents", Class: "r", Wide: 1, Cell: func(f app.FeedState) cell {
				if f.Documents == 0 && f.Checked.IsZero() {
					return known("")
				}
				return q.count(f.Documents)
			}},
			{Head: "Newest entry", Class: "nb", Wide: 2, Cell: func(f app.FeedState) cell { return day(f.Newest) }},
			{Head: "Kept aside", Class: "r", Wide: 2, Cell: func(f app.FeedState) cell { return q.count(f.Aside) }},
			{Head: "Missing", Title: "Listed there, and could not be fetched", Class: "r", Wide: 3, Cell: func(f app.FeedState) cell { return q.count(f.Missing) }},
			{Head: "Next fetch", Class: "nb", Wide: 1, Cell: func(f app.FeedState) cell { return q.feedNext(f) }},
		},
	}
}

func day(t time.Time) cell {
	if t.IsZero() {
		return known("")
	}
	return cell{Text: t.UTC().Format(time.DateOnly), Value: t}
}

func (q *request) feedNext(f app.FeedState) cell {
	switch {
	case f.Job != nil && f.Job.State == wardbook.JobRunning:
		return cell{Text: "is being fetched", Look: "chip"}
	case f.Job != nil:
		return cell{Text: "waits for its turn", Look: "chip"}
	case !f.Configured:
		return cell{Text: "by bundle only", Look: "dim"}
	case f.Stopped:
		return cell{Text: "stopped", Look: "chip", Tone: "warn"}
	case !f.Next.After(q.s.o.Clock()):
		return cell{Text: "due"}
	}
	return q.moment(f.Next)
}

func asideList(q *request) list[app.FeedKept] {
	return list[app.FeedKept]{
		Name: "aside", Label: "Documents kept aside", Empty: "None.",
		Columns: []column[app.FeedKept]{
			{Head: "Document", Sub: "Feed", Class: "clip", Cell: func(d app.FeedKept) cell { return cell{Text: d.Name, Sub: &cell{Text: d.Source}} }},
			{Head: "Why it is not used", Cell: func(d app.FeedKept) cell { return cell{Text: d.Aside} }},
			{Head: "Signature", Class: "nb", Wide: 1, Cell: func(d app.FeedKept) cell { return known(string(d.Signature)) }},
			{Head: "Came", Class: "nb", Wide: 2, Cell: func(d app.FeedKept) cell { return q.moment(d.Fetched) }},
		},
	}
}

func hoursField() *field {
	return &field{Name: "hours", Label: "Fetch every … hours", Type: "number", Hint: fmt.Sprintf("1 to %d; empty: as its kind asks for.", wardbook.MaxFeedHours)}
}

func feedForm() *form {
	return &form{Action: "/settings/feeds", Submit: "Add and fetch", Fields: []*field{
		{Name: "kind", Label: "Kind", Type: "select", Required: true, Options: options(app.FeedKinds())},
		{Name: "url", Label: "Address", Max: 2000, Hint: "Of a CSAF provider its domain or provider-metadata.json. The others have a public address; give a mirror here."},
		{Name: "ecosystems", Label: "Ecosystems", Hint: "Of OSV, with commas: Debian, PyPI."},
		{Name: "id", Label: "Name", Max: 100, Hint: "Empty: the host of the address, or the kind."},
		hoursField(), reasonField(false),
	}}
}

func bundleForm() *form {
	return &form{Fields: []*field{
		{Name: "trust", Label: "Key of who made it", Max: 500, Hint: "As the other installation shows it. Keys in feeds.yaml are trusted already."},
		reasonField(false),
	}}
}

// hours reads that field.
func (f *form) hours() int {
	text := f.Get("hours")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > wardbook.MaxFeedHours {
		f.fault("hours", fmt.Sprintf("Write a number from 1 to %d.", wardbook.MaxFeedHours))
	}
	return n
}

func (s *Server) addFeed(q *request) error {
	if s.o.Feeds == nil {
		return errNoFeeds
	}
	f := feedForm()
	if err := q.fill(f); err != nil {
		return err
	}
	src := app.NewFeedSource(f.Get("id"), f.Get("kind"), f.Get("url"), f.Get("ecosystems"))
	hours := f.hours()
	if f.OK() {
		err := s.o.Feeds.Add(q.r.Context(), q.event(), src, hours)
		if err == nil {
			return q.done("/settings/feeds/"+src.ID, "Added. The first fetch has been asked for.")
		}
		if err := f.take(refused(err)); err != nil {
			return err
		}
	}
	v, err := s.feedsView(q)
	if err != nil {
		return err
	}
	v.Add = f
	return q.again("feeds", v)
}

// feedView is one feed.
type feedView struct {
	Feed       app.FeedState
	Known      cell
	Next       cell
	Newest     cell
	Age        string
	Address    string
	Signatures []option // state and number
	Job        *jobView
	Aside      *table
	Operator   bool
	Form       *form
	Remove     confirmation
}

func planForm(f app.FeedState) *form {
	p := &form{Action: "/settings/feeds/" + f.Source.ID, Fields: []*field{
		hoursField(),
		{Name: "run", Label: "The server", Type: "choice", Required: true, Value: "yes", Options: []option{{Value: "yes", Label: "fetches it by itself"}, {Value: "no", Label: "leaves it alone until somebody asks"}}},
		reasonField(false),
	}}
	if f.Hours > 0 {
		p.Field("hours").Value = strconv.Itoa(f.Hours)
	}
	if f.Stopped {
		p.Field("run").Value = "no"
	}
	return p
}

func (s *Server) feedView(q *request) (*feedView, error) {
	if s.o.Feeds == nil {
		return nil, errNoFeeds
	}
	all, err := s.o.Feeds.States(q.r.Context())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(f app.FeedState) bool { return f.Source.ID == q.r.PathValue("id") })
	if i < 0 {
		return nil, wardbook.ErrNotFound
	}
	f := all[i]
	v := &feedView{Feed: f, Known: q.feedKnown(f), Next: q.feedNext(f), Newest: day(f.Newest), Age: f.Age(q.s.o.Clock()), Address: f.Source.Address(), Operator: q.may(operator), Form: planForm(f)}
	for state, n := range f.Signatures {
		v.Signatures = append(v.Signatures, option{Value: string(state), Label: q.style().number(n)})
	}
	slices.SortFunc(v.Signatures, func(a, b option) int { return strings.Compare(a.Value, b.Value) })
	if f.Job != nil {
		stop := ""
		if v.Operator && !f.Job.Cancel {
			stop = "/settings/feeds/" + f.Source.ID + "/stop"
		}
		j := q.progress(*f.Job, "Fetch", stop)
		v.Job = &j
	}
	aside, err := s.o.Feeds.Aside()
	if err != nil {
		return nil, err
	}
	aside = slices.DeleteFunc(aside, func(d app.FeedKept) bool { return d.Source != f.Source.ID })
	v.Aside = asideList(q).of(aside[:min(len(aside), 200)])
	v.Remove = confirmation{ID: "remove", Label: "Remove", Question: "It is not fetched any more, and its documents go out of use: what rests on them is assessed anew.", Action: "/settings/feeds/" + f.Source.ID + "/remove", Submit: "Remove", Danger: true, Reason: true}
	return v, nil
}

func (s *Server) feedPage(q *request) error {
	v, err := s.feedView(q)
	if err != nil {
		return err
	}
	return q.render(http.StatusOK, "feed", v)
}

func (s *Server) planFeed(q *request) error {
	v, err := s.feedView(q)
	if err != nil {
		return err
	}
	f := v.Form
	if err := q.fill(f); err != nil {
		return err
	}
	rule := wardbook.FeedRule{Hours: f.hours(), Stopped: f.Get("run") == "no"}
	if f.OK() {
		err := s.o.Feeds.Plan(q.r.Context(), q.event(), v.Feed.Source.ID, rule)
		if err == nil {
			return q.done("/settings/feeds/"+v.Feed.Source.ID, "Saved.")
		}
		if err := f.take(refused(err)); err != nil {
			return err
		}
	}
	return q.again("feed", v)
}

// onFeed does something with the feed of the address.
func (s *Server) onFeed(q *request, said, to string, do func(*app.Feeds, string) error) error {
	if s.o.Feeds == nil {
		return errNoFeeds
	}
	if err := q.parse(); err != nil {
		return err
	}
	id := q.r.PathValue("id")
	var invalid *wardbook.Invalid
	err := do(s.o.Feeds, id)
	switch {
	case errors.Is(err, app.ErrFeedsBusy):
		return &refusal{http.StatusConflict, "The feeds are being fetched, loaded or bundled. Stop that, or try again when it has ended."}
	case errors.As(err, &invalid):
		return &refusal{http.StatusUnprocessableEntity, sentence(invalid.Error())}
	case err != nil:
		return refused(err)
	}
	if to == "" {
		to = "/settings/feeds/" + id
	}
	return q.done(to, said)
}

func (s *Server) fetchFeed(q *request) error {
	return s.onFeed(q, "The fetch has been asked for.", "", func(f *app.Feeds, id string) error { return f.FetchNow(q.r.Context(), q.event(), id) })
}

func (s *Server) stopFeed(q *request) error {
	return s.onFeed(q, "It was asked to stop. What came by then stays, and the next fetch goes on from there.", "", func(f *app.Feeds, id string) error {
		return f.StopFetch(q.r.Context(), q.event(), id)
	})
}

func (s *Server) removeFeed(q *request) error {
	return s.onFeed(q, "Removed.", "/settings/feeds", func(f *app.Feeds, id string) error { return f.Remove(q.r.Context(), q.event(), id) })
}

// loadFeeds takes an offline bundle in.
func (s *Server) loadFeeds(q *request) error {
	if s.o.Feeds == nil {
		return errNoFeeds
	}
	// A bundle can be larger than any document, and come slowly. A test's writer
	// has no deadline to set.
	_ = http.NewResponseController(q.w).SetReadDeadline(time.Now().Add(fileTimeout))
	parts, err := q.r.MultipartReader()
	if err != nil {
		return &refusal{http.StatusBadRequest, "This is no form with files."}
	}
	ev := wardbook.Event{Actor: q.session.User}
	var trust []string
	for fields := 0; fields < maxFields; fields++ {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return brokenUpload(err)
		}
		if p.FileName() != "" { // last in the form: all else is known
			loaded, err := s.o.Feeds.Load(q.r.Context(), ev, p, trust)
			return s.loaded(q, loaded, err)
		}
		b, err := io.ReadAll(io.LimitReader(p, maxTyped))
		if err != nil {
			return brokenUpload(err)
		}
		text := strings.TrimSpace(strings.ToValidUTF8(string(b), "\uFFFD"))
		switch p.FormName() {
		case "reason":
			ev.Reason = text
		case "trust":
			if text != "" {
				trust = append(trust, text)
			}
		}
	}
	return &refusal{http.StatusUnprocessableEntity, "Choose a bundle."}
}

func (s *Server) loaded(q *request, r *app.FeedLoaded, err error) error {
	if err == nil {
		said := fmt.Sprintf("Loaded: bundle %s, signed by %s: %d new, %d changed, %d unchanged, %d removed.", r.ID, r.Signer, r.New, r.Changed, r.Unchanged, r.Removed)
		if len(r.Kept) > 0 {
			said += " Newer here, and kept: " + strings.Join(r.Kept, ", ") + "."
		}
		return q.done("/settings/feeds", said)
	}
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return brokenUpload(err)
	}
	if err := refused(err); errors.As(err, new(*refusal)) {
		return err
	}
	text, ok := app.BundleFault(err)
	if !ok {
		return err
	}
	v, err := s.feedsView(q)
	if err != nil {
		return err
	}
	v.Load.fault("", text)
	return q.again("feeds", v)
}

// bundleFeeds sends an offline bundle.
func (s *Server) bundleFeeds(q *request) error {
	if s.o.Feeds == nil {
		return errNoFeeds
	}
	if err := q.parse(); err != nil {
		return err
	}
	w := &lateHeader{begin: func() { q.download("wardbook-feeds-"+q.today()+".zip", "application/zip") }, w: q.w}
	err := s.o.Feeds.Bundle(q.r.Context(), q.event(), w, strings.TrimSpace(q.r.PostForm.Get("since")))
	switch {
	case err == nil:
		return nil
	case w.begun:
		q.s.o.Log.Error("bundle of the feeds", "error", err)
		panic(http.ErrAbortHandler)
	case errors.Is(err, app.ErrFeedsBusy):
		return &refusal{http.StatusConflict, "The feeds are being fetched, loaded or bundled. Try again when that has ended."}
	}
	if text, ok := app.BundleFault(err); ok {
		return &refusal{http.StatusUnprocessableEntity, sentence(text)}
	}
	return refused(err)
}

// lateHeader sends the headers of a file with its first byte, so that what goes
// wrong before is told as a page.
type lateHeader struct {
	begin func()
	w     io.Writer
	begun bool
}

func (l *lateHeader) Write(b []byte) (int, error) {
	if !l.begun {
		l.begun = true
		l.begin()
	}
	return l.w.Write(b)
}
