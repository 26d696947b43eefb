package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"

	"github.com/wardbook/wardbook"
)

//go:embed templates/*.html static
var files embed.FS

// assets are the style sheet and the modules, by name.
var assets, assetsDigest = func() (map[string][]byte, string) {
	out := map[string][]byte{}
	all := sha256.New()
	entries, err := fs.ReadDir(files, "static")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		b, err := files.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		out[e.Name()] = b
		all.Write([]byte(e.Name()))
		all.Write(b)
	}
	return out, hex.EncodeToString(all.Sum(nil)[:8])
}()

// asset is the address of a file of static/. It holds the digest of all of
// them, so that browsers may keep it for ever and modules import each other by
// their plain names.
func asset(name string) string { return "/static/" + assetsDigest + "/" + name }

// static answers the style sheet and the modules.
func static(q *request) error {
	name := q.r.PathValue("name")
	b, ok := assets[name]
	if !ok || q.r.PathValue("digest") != assetsDigest {
		return wardbook.ErrNotFound
	}
	kind := "text/css; charset=utf-8"
	if path.Ext(name) == ".js" {
		kind = "text/javascript; charset=utf-8"
	}
	q.w.Header().Set("Content-Type", kind)
	q.w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = q.w.Write(b)
	return nil
}
