package web

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wardbook/wardbook/internal/browser"
)

// TestShots makes the pictures of the documentation for scripts/screenshots.sh:
// WARDBOOK_SHOTS is the folder, WARDBOOK_AT the set-up link of a server with
// the sample hospital.
func TestShots(t *testing.T) {
	dir, setup := os.Getenv("WARDBOOK_SHOTS"), os.Getenv("WARDBOOK_AT")
	if dir == "" || setup == "" {
		t.Skip("makes pictures, where scripts/screenshots.sh asks for them")
	}
	base, key, _ := strings.Cut(setup, "/setup/")
	p := browser.Start(t).Tab(t, base, browser.Desk)
	p.Open("/setup/" + key)
	p.Fill("name", "Ana Ruiz")
	p.Fill("email", "ana.ruiz@example.org")
	p.Fill("password", password)
	p.Fill("again", password)
	p.Click("Set up and sign in")
	p.WaitPath("/")
	first := func(list, link string) string {
		p.Open(list)
		var href string
		p.Eval(fmt.Sprintf(`document.querySelector("#main tbody a[href*='%s']").getAttribute("href")`, link), &href)
		return href
	}
	risk, finding, device := first("/risks", "/risks/"), first("/findings?kev=yes", "/findings/"), first("/inventory?service=in_service", "/inventory/")
	for _, s := range []struct {
		name, path string
		screen     browser.Screen
	}{
		{"today", "/", browser.Desk}, {"today-dark", "/", browser.Desk.InTheDark()}, {"today-phone", "/", browser.Phone},
		{"inbox", "/inbox", browser.Desk}, {"inventory", "/inventory", browser.Desk}, {"device", device, browser.Desk}, {"findings", "/findings", browser.Desk}, {"finding", finding, browser.Desk},
		{"risks", "/risks", browser.Desk}, {"risk", risk, browser.Desk}, {"risk-phone", risk, browser.Phone}, {"book", "/book", browser.Desk},
	} {
		p.Screen(s.screen)
		p.Open(s.path)
		p.Shot(filepath.Join(dir, "server-"+s.name+".png"), false)
	}
	all, err := filepath.Glob(filepath.Join(dir, "*.png")) // those of the report too
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		if err := shrink(path); err != nil {
			t.Fatal(err)
		}
	}
}

// shrink writes a picture again with its 256 most telling colours.
func shrink(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	whole, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return err
	}
	count := map[color.RGBA]int{}
	at := whole.Bounds()
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			count[color.RGBAModel.Convert(whole.At(x, y)).(color.RGBA)]++
		}
	}
	// A little of a strong colour says more than much of a grey.
	weight := func(c color.RGBA) int {
		return count[c] * (4 + int(max(c.R, c.G, c.B)) - int(min(c.R, c.G, c.B)))
	}
	common := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int { return weight(b) - weight(a) })
	var colours color.Palette
	for _, c := range common[:min(len(common), 256)] {
		colours = append(colours, c)
	}
	nearest := map[color.RGBA]uint8{}
	for c := range count {
		nearest[c] = uint8(colours.Index(c))
	}
	few := image.NewPaletted(at, colours)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			few.SetColorIndex(x, y, nearest[color.RGBAModel.Convert(whole.At(x, y)).(color.RGBA)])
		}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, few); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}
