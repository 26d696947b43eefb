package web

import (
	"bytes"
	"encoding/json"
	"io"
)

// document is openapi.json, made out of the operations that are registered.
func (a *api) document() ([]byte, error) {
	b, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// WriteOpenAPI writes the description of the JSON API (OpenAPI 3.1) to w.
func WriteOpenAPI(w io.Writer) error {
	a, err := New(nil, Options{}).newAPI()
	if err != nil {
		return err
	}
	_, err = w.Write(a.doc)
	return err
}
