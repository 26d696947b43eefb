package app

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// NotifyJob is the kind of the job that tells people what happened.
const NotifyJob = "notify"

// notifyArgs say what a NotifyJob is about: one entry of the book or, once a
// day, the entries from From to before Entry and what came with the day.
type notifyArgs struct {
	Entry int64  `json:"entry"`
	Daily bool   `json:"daily,omitempty"`
	From  int64  `json:"from,omitempty"`
	Since string `json:"since,omitempty"` // RFC 3339 date of the day before that was looked at
	Today string `json:"today,omitempty"`
}

// notifyTries is how often a message is tried, over about a day.
const notifyTries = 12

// Sealing asks, within the change itself, for the job that tells people of it:
// what is committed is told, and what is not committed is not. It is for
// store.Sealing.
func Sealing(tx *store.Tx, e wardbook.Entry) error {
	if !tells(e) {
		return nil
	}
	subs, err := subscriptions(tx)
	if err != nil || !slices.ContainsFunc(subs, func(s store.Stored[wardbook.Subscription]) bool { return !s.Value.Daily }) {
		return err
	}
	return askNotify(tx, notifyArgs{Entry: e.Position})
}

func askNotify(tx *store.Tx, a notifyArgs) error {
	args, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = tx.Enqueue(wardbook.Job{Kind: NotifyJob, Args: args, MaxAttempts: notifyTries})
	return err
}

// tells reports whether an entry may hold something to tell.
func tells(e wardbook.Entry) bool {
	return slices.ContainsFunc(e.Revisions, func(r wardbook.RevisionDigest) bool {
		switch r.Kind {
		case wardbook.Risk{}.RecordKind(), wardbook.Work{}.RecordKind(), wardbook.Source{}.RecordKind(), wardbook.Standing{}.RecordKind():
			return true
		}
		return false
	})
}

// subscriptions are those that are not off.
func subscriptions(tx *store.Tx) ([]store.Stored[wardbook.Subscription], error) {
	return every[wardbook.Subscription](tx, store.ListOptions{States: []string{"active"}})
}

// A Notice is something that people are told.
type Notice struct {
	Kind  wardbook.NoticeKind `json:"kind"`
	Title string              `json:"title"`
	Text  string              `json:"text,omitempty"`
	Path  string              `json:"url"` // path on the server
	User  string              `json:"-"`   // only for them; empty: for all
	Actor string              `json:"-"`   // who did it: they know
}

// noticesOf says what an entry of the book holds that people want to be told.
func noticesOf(tx *store.Tx, e wardbook.Entry) ([]Notice, error) {
	var out []Notice
	for _, r := range e.Revisions {
		var more []Notice
		var err error
		switch r.Kind {
		case wardbook.Risk{}.RecordKind():
			more, err = riskNotices(tx, r)
		case wardbook.Work{}.RecordKind():
			more, err = workNotices(tx, r)
		case wardbook.Source{}.RecordKind():
			more, err = sourceNotices(tx, r)
		case wardbook.Standing{}.RecordKind():
			more, err = findingNotices(tx, e.Position)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	for i := range out {
		out[i].Actor = e.Actor
	}
	return out, nil
}

// revisions reads a revision and the one before it, which is empty for the first.
func revisions[T wardbook.Record](tx *store.Tx, r wardbook.RevisionDigest) (now, was store.Stored[T], err error) {
	rev, err := tx.RevisionAt(r.Kind, r.ID, r.Revision)
	if err != nil {
		return now, was, err
	}
	if now, err = store.Decode[T](rev); err != nil || r.Revision == 1 {
		return now, was, err
	}
	if rev, err = tx.RevisionAt(r.Kind, r.ID, r.Revision-1); err != nil {
		return now, was, err
	}
	was, err = store.Decode[T](rev)
	return now, was, err
}

func riskNotices(tx *store.Tx, d wardbook.RevisionDigest) ([]Notice, error) {
	now, was, err := revisions[wardbook.Risk](tx, d)
	if err != nil {
		return nil, err
	}
	var out []Notice
	path := "/risks/" + d.ID
	if !now.Value.State.Final() && now.Value.Unacceptable() && !was.Value.Unacceptable() {
		out = append(out, Notice{Kind: wardbook.NoticeUnacceptable, Title: now.Short() + " is not acceptable: " + now.Value.Title, Text: now.Value.Action, Path: path})
	}
	if to := ownerOf(now.Value); to != "" && to != ownerOf(was.Value) {
		out = append(out, Notice{Kind: wardbook.NoticeAssigned, Title: now.Short() + " is yours: " + now.Value.Title, Text: dueText(now.Value.Due), Path: path, User: to})
	}
	return out, nil
}

func ownerOf(r wardbook.Risk) string {
	if r.Register == nil {
		return ""
	}
	return r.Register.Owner
}

func dueText(due string) string {
	if due == "" {
		return ""
	}
	return "Due " + due + "."
}

func workNotices(tx *store.Tx, d wardbook.RevisionDigest) ([]Notice, error) {
	now, was, err := revisions[wardbook.Work](tx, d)
	if err != nil || now.Value.Owner == "" || now.Value.Owner == was.Value.Owner {
		return nil, err
	}
	return []Notice{{Kind: wardbook.NoticeAssigned, Title: now.Short() + " is yours: " + now.Value.Action + ", " + now.Value.Ward(), Text: dueText(now.Value.Due), Path: "/work/" + d.ID, User: now.Value.Owner}}, nil
}

func sourceNotices(tx *store.Tx, d wardbook.RevisionDigest) ([]Notice, error) {
	now, was, err := revisions[wardbook.Source](tx, d)
	if err != nil || now.Value.State != wardbook.SourceReview || was.Value.State == wardbook.SourceReview {
		return nil, err
	}
	return []Notice{{Kind: wardbook.NoticeReview, Title: "An import waits for a person: " + now.Value.Name, Path: "/sources/" + d.ID}}, nil
}

// findingNotices sums up the findings that are new with an entry. One that was
// there with other content is none.
func findingNotices(tx *store.Tx, position int64) ([]Notice, error) {
	type key struct{ product, id string }
	was := map[key]bool{}
	fresh := map[key]wardbook.Finding{}
	for f, err := range tx.ChangedFindings(position - 1) {
		if err != nil {
			return nil, err
		}
		k := key{f.Group, f.Value.ID}
		switch {
		case f.Until == position:
			was[k] = true
		case f.Position == position && (f.Value.Status == wardbook.Affected || f.Value.Status == wardbook.PossiblyAffected):
			fresh[k] = f.Value.Finding
		}
	}
	vulnerabilities := map[string]bool{}
	n := 0
	for k, f := range fresh {
		if !was[k] {
			n++
			vulnerabilities[cmp.Or(f.Vulnerability, f.Advisory, f.ID)] = true
		}
	}
	if n == 0 {
		return nil, nil
	}
	var names []string
	for v := range vulnerabilities {
		names = append(names, v)
	}
	slices.Sort(names)
	text := strings.Join(names[:min(len(names), 20)], ", ")
	if len(names) > 20 {
		text += fmt.Sprintf(" and %d more", len(names)-20)
	}
	return []Notice{{Kind: wardbook.NoticeFindings, Title: countText(n, "new finding concerns", "new findings concern") + " our devices", Text: text, Path: "/inbox"}}, nil
}

// dayNotices says what came with the days after since, up to today: dates that
// have passed, acceptances that end soon. Owners are told of what is theirs,
// what is nobody's is told to all.
func dayNotices(tx *store.Tx, since, today string) ([]Notice, error) {
	day, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return nil, err
	}
	before, err := time.Parse(time.DateOnly, since)
	if err != nil {
		return nil, err
	}
	soon, sooner := day.AddDate(0, 0, 30).Format(time.DateOnly), before.AddDate(0, 0, 30).Format(time.DateOnly)
	var out []Notice
	passed := func(due string) bool { return due != "" && due < today && due >= since }
	risks, err := every[wardbook.Risk](tx, store.ListOptions{})
	if err != nil {
		return nil, err
	}
	for _, r := range risks {
		s := r.Value.State
		if passed(r.Value.Due) && !s.Final() && !s.Accepted() {
			out = append(out, Notice{Kind: wardbook.NoticeOverdue, Title: r.Short() + " is overdue: " + r.Value.Title, Text: dueText(r.Value.Due), Path: "/risks/" + r.ID, User: ownerOf(r.Value)})
		}
		if g := r.Value.Register; g != nil && s.Accepted() && g.AcceptedUntil > sooner && g.AcceptedUntil <= soon {
			out = append(out, Notice{Kind: wardbook.NoticeEnding, Title: "The acceptance of " + r.Short() + " ends on " + g.AcceptedUntil + ": " + r.Value.Title, Path: "/risks/" + r.ID})
		}
	}
	work, err := every[wardbook.Work](tx, store.ListOptions{})
	if err != nil {
		return nil, err
	}
	for _, w := range work {
		if passed(w.Value.Due) && w.Value.Open() > 0 {
			out = append(out, Notice{Kind: wardbook.NoticeOverdue, Title: w.Short() + " is overdue: " + w.Value.Action + ", " + w.Value.Ward(), Text: fmt.Sprintf("%d of %d devices are still to do. %s", w.Value.Open(), len(w.Value.Devices), dueText(w.Value.Due)), Path: "/work/" + w.ID, User: w.Value.Owner})
		}
	}
	return out, nil
}
