// Package demo plays a year at the sample hospital, so that a newcomer sees a
// living file and not an empty one. It owns the story: who works there, what
// they bring, answer, decide and argue about, and on which day. Everything is
// written by the functions of package app that the pages use, with a clock of
// its own, so the book of the demonstration proves itself as any other does.
//
// Invented are the people, what they say, and when it happens. The documents are
// those of the sample hospital, with their own dates: its advisories are from
// 2017 to 2024, so none of them is published within the year. The hospital
// begins to keep its file, and takes them in one group of devices after the
// other, as a hospital does that has a backlog.
//
// The year ends on the day on which it is played, not on the date that the
// sample is otherwise assessed at. A server has the real clock: on an older book
// every due date would be overdue and every number a year old before the
// newcomer has done anything.
//
// The same day gives the same book, apart from ids, keys and passwords.
package demo
