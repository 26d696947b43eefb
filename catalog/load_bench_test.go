package catalog

import "testing"

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := load(source{FS: files}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadPolicy(b *testing.B) {
	src := DefaultPolicy()
	for b.Loop() {
		if _, err := ReadPolicy(src, "p.yaml"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadCompiled(b *testing.B) {
	for b.Loop() {
		if _, err := load(embedded()); err != nil {
			b.Fatal(err)
		}
	}
}
