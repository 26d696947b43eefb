module github.com/wardbook/wardbook/bench/peers

go 1.26.3

require (
	github.com/CycloneDX/cyclonedx-go v0.12.0
	github.com/goccy/go-yaml v1.19.2
	github.com/spdx/tools-golang v0.5.7
	github.com/wardbook/wardbook v0.0.0
)

require (
	github.com/anchore/go-struct-converter v0.1.0 // indirect
	github.com/go-json-experiment/json v1.27.2 // indirect
	github.com/knqyf263/go-cpe v0.0.0-20230627041855-cb0794d06872 // indirect
	github.com/package-url/packageurl-go v0.1.7 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	golang.org/x/text v0.44.0 // indirect
)

replace github.com/wardbook/wardbook => ../..
