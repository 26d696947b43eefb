// Command catalog writes the compiled form of the catalogue to the file that it
// is given.
package main

import (
	"log"
	"os"

	"github.com/wardbook/wardbook/catalog"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: catalog FILE")
	}
	b, err := catalog.Compile()
	if err == nil {
		err = os.WriteFile(os.Args[1], b, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}
