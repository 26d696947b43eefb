package web

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// maxUploads is how many uploads are taken in at the same time: each lies in a
// temporary file until it is whole.
const maxUploads = 4

func (s *Server) importRoutes() []route {
	return []route{
		{pattern: "GET /import", who: importer, page: "import", read: s.importPage},
		{pattern: "POST /import", who: importer, do: s.upload, upload: true},
		{pattern: "GET /jobs", who: member, page: "jobs", read: s.jobs},
		{pattern: "GET /jobs/{id}", who: member, page: "job", read: s.job},
		{pattern: "POST /jobs/{id}/cancel", who: importer, do: s.cancelJob},
		{pattern: "GET /sources", who: member, page: "sources", read: s.sources},
		{pattern: "GET /sources/{id}", who: member, page: "source", read: s.source},
		{pattern: "GET /sources/{id}/problems", who: member, page: "problems", read: s.problems},
		{pattern: "POST /sources/{id}/act", who: importer, do: s.actOnSource},
		{pattern: "POST /sources/{id}/columns", who: importer, do: s.saveColumns},
	}
}

// importer is who takes documents in.
func (s *Server) importer() (*app.Importer, error) {
	s.taking.Do(func() {
		if s.o.Importer == nil {
			s.o.Importer, s.takingErr = app.NewImporter(s.store)
		}
	})
	return s.o.Importer, s.takingErr
}

// maxUpload is how many bytes one upload has at most: a few of the largest files.
func (s *Server) maxUpload() int64 {
	im, err := s.importer()
	if err != nil {
		return maxForm
	}
	return 4*im.MaxFile() + maxForm
}

// setsPolicy reports whether who asks may bring a risk policy.
func (q *request) setsPolicy() bool {
	return wardbook.Membership{Roles: q.seat.Roles}.Has(wardbook.Approver, wardbook.Administrator)
}

// kindsBrought are what a person can say that files are.
var kindsBrought = []wardbook.InputKind{
	wardbook.InputInventory, wardbook.InputSBOM, wardbook.InputAdvisory, wardbook.InputVEX, wardbook.InputVulnerabilities,
	wardbook.InputKEV, wardbook.InputEPSS, wardbook.InputPolicy, wardbook.InputAnswers,
}

// kindNames are what people call the kinds of documents.
var kindNames = map[wardbook.InputKind]string{
	wardbook.InputInventory: "inventory", wardbook.InputSBOM: "SBOM", wardbook.InputAdvisory: "advisory", wardbook.InputVEX: "VEX",
	wardbook.InputVulnerabilities: "vulnerability data", wardbook.InputKEV: "KEV", wardbook.InputEPSS: "EPSS",
	wardbook.InputPolicy: "risk policy", wardbook.InputAnswers: "answers", wardbook.InputColumns: "columns",
}

func kindName(k wardbook.InputKind) string {
	if n := kindNames[k]; n != "" {
		return n
	}
	return "not recognised"
}

// importView is the page where files are brought.
type importView struct {
	Form        *form
	MaxFile     int64
	Inventories []option
	Outcomes    *table // of an upload that needs no job
}

func (s *Server) importPage(q *request, tx *store.Tx) (any, error) {
	if !q.at.IsZero() {
		return nil, &refusal{http.StatusBadRequest, "The past takes no files. Take the date off."}
	}
	return s.importForm(tx)
}

func (s *Server) importForm(tx *store.Tx) (*importView, error) {
	im, err := s.importer()
	if err != nil {
		return nil, err
	}
	v := &importView{MaxFile: im.MaxFile()}
	known, err := allSources(tx)
	if err != nil {
		return nil, err
	}
	for _, src := range known {
		if src.Value.Kind == wardbook.InputInventory {
			v.Inventories = append(v.Inventories, option{Value: src.Value.Name, Label: src.Value.Name})
		}
	}
	var kinds []option
	for _, k := range kindsBrought {
		kinds = append(kinds, option{Value: string(k), Label: kindName(k)})
	}
	v.Form = &form{Fields: []*field{
		{Name: "hold", Type: "checks", Label: "Inventories", Value: "yes", Values: []string{"yes"}, Options: []option{{Value: "yes", Label: "Show me the columns and what would change before anything is applied"}}},
		{Name: "as", Type: "select", Label: "A newer export of", Hint: "Otherwise it is told by the name of the file, without a date in it.", Options: v.Inventories},
		{Name: "kind", Type: "select", Label: "What the files are", Hint: "Otherwise it is told by their content.", Options: kinds},
		reasonField(false),
	}}
	return v, nil
}

// upload takes files in: each is spooled as it comes, then all are committed
// together, so that a slow network holds nobody up.
func (s *Server) upload(q *request) error {
	select {
	case s.uploading <- struct{}{}:
		defer func() { <-s.uploading }()
	default:
		return &refusal{http.StatusServiceUnavailable, "Others are bringing files. Try again in a moment."}
	}
	// Only who may bring files gets the time that a slow network takes. A test's
	// writer has no deadline to set.
	_ = http.NewResponseController(q.w).SetReadDeadline(time.Now().Add(fileTimeout))
	im, err := s.importer()
	if err != nil {
		return err
	}
	parts, err := q.r.MultipartReader()
	if err != nil {
		return &refusal{http.StatusBadRequest, "This is no form with files."}
	}
	u := im.NewUpload()
	defer u.Close()
	u.Policy = q.setsPolicy()
	reason, n, err := readUpload(parts, u)
	if err != nil {
		return err
	}
	if n == 0 {
		return s.uploadAgain(q, nil, "Choose at least one file.")
	}
	up, err := u.Commit(q.r.Context(), q.seat.Organization, wardbook.Event{Actor: q.session.User, Reason: reason})
	if err != nil {
		return err
	}
	if up.Job == "" {
		return s.uploadAgain(q, up.Outcomes, "")
	}
	return q.done("/jobs/"+up.Job, "")
}

// uploadAgain shows the page of the upload with what became of files that need
// no job, or a fault.
func (s *Server) uploadAgain(q *request, outcomes []app.Outcome, fault string) error {
	return q.view(func(tx *store.Tx) error {
		v, err := s.importForm(tx)
		if err != nil {
			return err
		}
		status := http.StatusOK
		if outcomes != nil {
			v.Outcomes = q.outcomeList().of(outcomes)
		}
		if fault != "" {
			v.Form.fault("", fault)
		}
		if fault != "" || !slices.ContainsFunc(outcomes, func(o app.Outcome) bool { return o.What == app.WasSame }) {
			status = http.StatusUnprocessableEntity
		}
		return q.render(status, "import", v)
	})
}

// maxFields bounds the parts of an upload that are no files.
const maxFields = 50

// readUpload reads the parts of an upload as they come.
func readUpload(parts *multipart.Reader, u *app.Upload) (reason string, files int, err error) {
	for fields := 0; ; {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return reason, files, nil
		}
		if err != nil {
			return "", 0, brokenUpload(err)
		}
		if p.FileName() == "" {
			if fields++; fields > maxFields {
				return "", 0, &refusal{http.StatusBadRequest, "This form has too many fields."}
			}
			b, err := io.ReadAll(io.LimitReader(p, maxTyped))
			if err != nil {
				return "", 0, brokenUpload(err)
			}
			uploadField(u, p.FormName(), strings.TrimSpace(strings.ToValidUTF8(string(b), "\uFFFD")), &reason)
			continue
		}
		files++
		if err := u.Add(p.FileName(), p); err != nil {
			return "", 0, brokenUpload(err)
		}
	}
}

func uploadField(u *app.Upload, name, value string, reason *string) {
	switch name {
	case "kind":
		if slices.Contains(kindsBrought, wardbook.InputKind(value)) {
			u.Kind = wardbook.InputKind(value)
		}
	case "as":
		u.As = value
	case "hold":
		u.Hold = value != ""
	case "reason":
		*reason = value
	}
}

// brokenUpload tells what went wrong while files came in.
func brokenUpload(err error) error {
	var tooLong interface{ TooLong() string }
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return &refusal{http.StatusRequestEntityTooLarge, tooLong.TooLong() + " Nothing was taken in."}
	case errors.As(err, &tooBig):
		return &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("All files together have more than %s. Nothing was taken in.", size(tooBig.Limit))}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, multipart.ErrMessageTooLarge):
		return &refusal{http.StatusBadRequest, "The files did not come whole. Nothing was taken in."}
	}
	return err
}

// jobsView is a page of jobs.
type jobsView struct{ *table }

func (s *Server) jobs(q *request, tx *store.Tx) (any, error) {
	names, err := memberNames(tx)
	if err != nil {
		return nil, err
	}
	l := list[wardbook.Job]{
		Name: "jobs", Label: "Jobs", Empty: "No job fits.", ID: func(j wardbook.Job) string { return j.ID },
		Columns: []column[wardbook.Job]{
			{Head: "Job", Class: "title", Cell: func(j wardbook.Job) cell {
				return cell{Text: jobTitle(j), Href: "/jobs/" + j.ID, Sub: &cell{Text: j.Note}}
			}, Sub: "Note"},
			{Head: "State", Class: "fit", Cell: jobState},
			{Head: "Asked by", Wide: 2, Cell: func(j wardbook.Job) cell { return cell{Text: nameOr(names, j.Actor)} }},
			{Head: "Asked", Class: "nb", Wide: 2, Cell: func(j wardbook.Job) cell { return q.moment(j.Created) }},
			{Head: "Ended", Class: "nb", Wide: 3, Cell: func(j wardbook.Job) cell {
				if j.Finished.IsZero() {
					return cell{Text: "not yet", Look: "dim"}
				}
				return q.moment(j.Finished)
			}},
		},
		Filters: []filter{{Name: "state", Label: "State", All: "all", Chips: true, Options: options([]string{"queued", "running", "done", "failed", "cancelled"})}},
		Read: func(w window) (part[wardbook.Job], error) {
			o := store.ListOptions{Limit: min(w.Limit, 1000), After: w.After}
			if st := q.r.URL.Query().Get("state"); st != "" {
				o.States = []string{st}
			}
			page, err := tx.Jobs(o)
			return part[wardbook.Job]{Items: page.Items, Next: page.Next, Total: -1}, err
		},
	}
	t, err := l.show(q)
	return jobsView{t}, err
}

func jobState(j wardbook.Job) cell {
	c := cell{Text: string(j.State), Look: "chip"}
	switch j.State {
	case wardbook.JobFailed:
		c.Tone = "bad"
	case wardbook.JobDone:
		c.Tone = "good"
	}
	return c
}

// jobTitle says what a job is about.
func jobTitle(j wardbook.Job) string {
	switch j.Kind {
	case app.ImportJob:
		files := app.Files(j)
		switch len(files) {
		case 0:
			return "Import"
		case 1:
			return "Import of " + files[0]
		}
		return fmt.Sprintf("Import of %s and %d more", files[0], len(files)-1)
	case app.AssessJob:
		return "Assessment"
	}
	return words(j.Kind)
}

func nameOr(names map[string]string, id string) string {
	if n := names[id]; n != "" {
		return n
	}
	return id
}

// jobPage is one job: how far it is and what came of it.
type jobPage struct {
	Job      wardbook.Job
	Who      string
	Progress jobView
	Outcomes *table
	Waiting  []app.Outcome // documents that wait for a person
	Assess   *jobView      // the assessment that followed, where there is one
}

func (s *Server) job(q *request, tx *store.Tx) (any, error) {
	j, err := tx.Job(q.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	names, err := memberNames(tx)
	if err != nil {
		return nil, err
	}
	v := jobPage{Job: j, Who: nameOr(names, j.Actor)}
	stop := ""
	if importer.allows(q.seat.Roles) && !j.Cancel {
		stop = "/jobs/" + j.ID + "/cancel"
	}
	v.Progress = q.progress(j, jobTitle(j), stop)
	if outcomes := app.Outcomes(j); len(outcomes) > 0 {
		v.Outcomes = q.outcomeList().of(outcomes[:min(len(outcomes), 1000)])
		for _, o := range outcomes {
			if o.What == app.WasHeld {
				v.Waiting = append(v.Waiting, o)
			}
		}
	}
	if j.Kind == app.ImportJob && j.State == wardbook.JobDone {
		page, err := tx.Jobs(store.ListOptions{Text: app.AssessJob, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(page.Items) > 0 && page.Items[0].Created.After(j.Created.Add(-time.Second)) {
			a := q.progress(page.Items[0], "Assessment", "")
			v.Assess = &a
		}
	}
	return v, nil
}

// outcomeList are the documents of an import as lists show them.
func (q *request) outcomeList() list[app.Outcome] {
	return list[app.Outcome]{
		Name: "outcomes", Label: "Documents", Empty: "No document has been read yet.",
		Columns: []column[app.Outcome]{
			{Head: "File", Class: "clip", Cell: func(o app.Outcome) cell {
				c := cell{Text: o.File, Sub: &cell{Text: o.Name}}
				if o.Source != "" {
					c.Href = "/sources/" + o.Source
				}
				return c
			}},
			{Head: "Recognised as", Cell: func(o app.Outcome) cell {
				return cell{Text: kindName(o.Kind), Sub: &cell{Text: o.Format}}
			}},
			{Head: "Records", Class: "r", Wide: 2, Cell: func(o app.Outcome) cell {
				if o.Format == "" {
					return cell{}
				}
				return q.count(o.Records)
			}},
			{Head: "What became of it", Cell: outcomeCell},
			{Head: "Problems", Wide: 1, Cell: func(o app.Outcome) cell {
				if o.Faults == 0 {
					return cell{Text: "none", Look: "dim"}
				}
				c := cell{Text: q.style().number(o.Faults), Value: o.Faults}
				if len(o.Problems) > 0 {
					c.Sub = &cell{Text: o.Problems[0].String()}
				}
				return c
			}},
		},
	}
}

func outcomeCell(o app.Outcome) cell {
	c := map[app.OutcomeKind]cell{
		app.WasNew:      {Text: "taken in", Look: "chip", Tone: "good"},
		app.WasReplaced: {Text: "replaces", Look: "chip", Tone: "good"},
		app.WasSame:     {Text: "nothing: the same bytes are here and hold", Look: "dim"},
		app.WasTwice:    {Text: "nothing: the same bytes came twice", Look: "dim"},
		app.WasOlder:    {Text: "nothing: what is here is newer", Look: "dim"},
		app.WasHeld:     {Text: "waits for you", Look: "chip", Tone: "warn"},
		app.WasRefused:  {Text: "cannot be used", Look: "chip", Tone: "bad"},
	}[o.What]
	if o.Change != nil {
		c.Sub = &cell{Text: o.Change.String()}
	}
	return c
}

func (s *Server) cancelJob(q *request) error {
	if err := q.parse(); err != nil {
		return err
	}
	id := q.r.PathValue("id")
	ev := wardbook.Event{Actor: q.session.User, Action: "job.cancel", Target: "job/" + id}
	err := s.store.Update(q.r.Context(), q.seat.Organization, ev, func(tx *store.Tx) error { return tx.CancelJob(id) })
	if err != nil {
		return err
	}
	return q.done("/jobs/"+id, "It was asked to stop. What was written before stays.")
}
