// Package notify sends messages out of the program: mail by SMTP, and webhooks
// signed as Standard Webhooks asks. It owns how a message travels and what it
// may reach. Who is told what, when, and how often it is tried is left to
// internal/app.
package notify
