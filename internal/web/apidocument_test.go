package web

import (
	"bytes"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write docs/openapi.json anew")

// TestOpenAPI: docs/openapi.json is what the server answers.
func TestOpenAPI(t *testing.T) {
	var b bytes.Buffer
	if err := WriteOpenAPI(&b); err != nil {
		t.Fatal(err)
	}
	const path = "../../docs/openapi.json"
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, b.Bytes()) {
		t.Error("docs/openapi.json is not what the code says: go test ./internal/web -run TestOpenAPI -update")
	}
}
