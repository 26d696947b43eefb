package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/wardbook/wardbook/internal/web"
)

func newServe() *cobra.Command {
	var b bookFlags
	var o web.Options
	var logFormat string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the book to browsers",
		Long: `serve answers browsers with the pages of the book: what stands in it, now or
as of a date. While nobody can run the installation yet, each start prints a
link that works once, for a day, and makes the first operator; there is no
default password.

Without a certificate the server speaks plain HTTP: leave it on the loopback
address, or put a proxy with TLS before it (--behind-proxy) that passes the Host
header on and appends to X-Forwarded-For.`,
		Example: "  wardbook serve\n  wardbook serve --listen :8443 --tls-cert cert.pem --tls-key key.pem",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (o.CertFile == "") != (o.KeyFile == "") {
				return usagef("a certificate needs its key", "give --tls-cert and --tls-key together")
			}
			handler, err := logHandler(cmd.ErrOrStderr(), logFormat)
			if err != nil {
				return err
			}
			o.Log, o.Version = slog.New(handler), version()
			s, err := b.open(cmd.Context(), true)
			if err != nil {
				return err
			}
			defer s.Close()
			out := cmd.OutOrStdout()
			return web.New(s, o).Run(cmd.Context(), func(address, setup string) {
				fmt.Fprintf(out, "Wardbook answers at %s\n", address)
				if setup != "" {
					fmt.Fprintf(out, "Nobody can sign in yet. Open this link, which works once and for a day:\n%s\n", setup)
				}
			})
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&b.database, "database", "wardbook.db", "`DATABASE` of the book: a file, or postgres://…; one that is not there is made")
	fs.StringVar(&b.key, "key", "", "`FILE` of the key that signs the checkpoints (default: beside the database file)")
	fs.StringVar(&o.Listen, "listen", "127.0.0.1:8080", "`ADDRESS` and port to answer at; port 0 takes a free one")
	fs.StringVar(&o.CertFile, "tls-cert", "", "`FILE` of the TLS certificate (PEM)")
	fs.StringVar(&o.KeyFile, "tls-key", "", "`FILE` of its key (PEM)")
	fs.BoolVar(&o.BehindProxy, "behind-proxy", false, "TLS ends at a proxy before this server")
	fs.StringVar(&logFormat, "log", "text", "`FORMAT` of the log on standard error: text or json")
	return cmd
}

func logHandler(w io.Writer, format string) (slog.Handler, error) {
	switch format {
	case "text":
		return slog.NewTextHandler(w, nil), nil
	case "json":
		return slog.NewJSONHandler(w, nil), nil
	}
	return nil, usagef("--log text or --log json", "--log %q is no format", format)
}
