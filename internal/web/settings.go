package web

import (
	"errors"
	"net/http"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
)

func (s *Server) settingsRoutes() []route {
	return []route{
		{pattern: "GET /settings/feeds", who: member, do: s.feedsPage},
		{pattern: "POST /settings/feeds", who: operator, do: s.addFeed},
		{pattern: "GET /settings/feeds/{id}", who: member, do: s.feedPage},
		{pattern: "POST /settings/feeds/{id}", who: operator, do: s.planFeed},
		{pattern: "POST /settings/feeds/{id}/fetch", who: operator, do: s.fetchFeed},
		{pattern: "POST /settings/feeds/{id}/stop", who: operator, do: s.stopFeed},
		{pattern: "POST /settings/feeds/{id}/remove", who: operator, do: s.removeFeed},
		{pattern: "POST /feeds/load", who: operator, do: s.loadFeeds, upload: true},
		{pattern: "POST /feeds/bundle", who: operator, do: s.bundleFeeds, long: true},
	}
}

// event is what who asks does, with the reason that they posted.
func (q *request) event() wardbook.Event {
	return wardbook.Event{Actor: q.session.User, Reason: q.r.PostForm.Get("reason")}
}

// refused tells what app refuses as a page: another role may, or nobody.
func refused(err error) error {
	var no *app.Refused
	if !errors.As(err, &no) {
		return err
	}
	status := http.StatusUnprocessableEntity
	if no.Role {
		status = http.StatusForbidden
	}
	return &refusal{status, sentence(no.Why)}
}
