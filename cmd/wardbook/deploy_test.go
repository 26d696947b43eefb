package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// deployFile reads a file of deploy/ without its comments.
func deployFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			text.WriteString(line)
		}
	}
	return text.String()
}

// knows checks that the program has the command and its flags.
func knows(t *testing.T, where string, args []string) {
	t.Helper()
	cmd, rest, err := newRoot().Find(args)
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Errorf("%s: %s %q: %v", where, cmd.Name(), rest, err)
	}
	if args := cmd.Flags().Args(); len(args) > 0 {
		t.Errorf("%s: %q is no flag", where, args)
	}
}

// TestDeployUnits: the services start commands that there are, as a user of
// their own, and can write to their own folders only.
func TestDeployUnits(t *testing.T) {
	for _, name := range []string{"wardbook.service", "wardbook-backup.service"} {
		unit := map[string][]string{}
		for line := range strings.Lines(deployFile(t, name)) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
				unit[key] = append(unit[key], value)
			}
		}
		if len(unit["ExecStart"]) != 1 {
			t.Fatalf("%s: ExecStart %q", name, unit["ExecStart"])
		}
		args := strings.Fields(unit["ExecStart"][0])
		for _, e := range unit["Environment"] {
			if flags, ok := strings.CutPrefix(e, "WARDBOOK_FLAGS="); ok {
				i := slices.Index(args, "$WARDBOOK_FLAGS")
				args = slices.Replace(args, i, i+1, strings.Fields(flags)...)
			}
		}
		if args[0] != "/usr/local/bin/wardbook" {
			t.Errorf("%s starts %s", name, args[0])
		}
		knows(t, name, args[1:])
		for key, want := range map[string]string{"User": "wardbook", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "UMask": "0077", "CapabilityBoundingSet": ""} {
			if !slices.Equal(unit[key], []string{want}) {
				t.Errorf("%s: %s is %q, want %q", name, key, unit[key], want)
			}
		}
	}
}

// TestDeployCompose: the compose file is YAML, its server runs a command that
// there is, as nobody, on this machine only, with passwords from outside.
func TestDeployCompose(t *testing.T) {
	var file struct {
		Services map[string]struct {
			Image       string
			Build       struct{ Context, Dockerfile string }
			Command     []string
			Environment map[string]string
			Ports       []string
			Volumes     []string
			ReadOnly    bool     `yaml:"read_only"`
			CapDrop     []string `yaml:"cap_drop"`
		}
		Volumes  map[string]any
		Networks map[string]any
	}
	text := deployFile(t, "compose.yaml")
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	s, ok := file.Services["wardbook"]
	if !ok || len(file.Services) != 2 || len(file.Volumes) != 2 || len(file.Networks) != 2 {
		t.Fatalf("services %v", file.Services)
	}
	knows(t, "compose.yaml", s.Command)
	if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) {
		t.Error("the server may more than it needs")
	}
	for name, service := range file.Services {
		for _, p := range service.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s answers everybody at %s", name, p)
			}
		}
		for key, value := range service.Environment {
			if strings.Contains(key, "PASSWORD") && !strings.HasPrefix(value, "${") {
				t.Errorf("%s: %s stands in the file", name, key)
			}
		}
		if service.Image == "" || strings.HasSuffix(service.Image, ":latest") {
			t.Errorf("%s: image %q", name, service.Image)
		}
		for _, v := range service.Volumes {
			if from, _, _ := strings.Cut(v, ":"); strings.HasPrefix(from, "./") {
				deployFile(t, from)
			}
		}
	}
	deployFile(t, filepath.Join(s.Build.Context, s.Build.Dockerfile))
}

// TestDeployContainer: the container starts a command that there is, and not as
// root.
func TestDeployContainer(t *testing.T) {
	text := deployFile(t, "Containerfile")
	_, list, ok := strings.Cut(text, "\nCMD ")
	var args []string
	if err := yaml.Unmarshal([]byte(list), &args); err != nil || !ok {
		t.Fatalf("the container has no command: %v", err)
	}
	knows(t, "Containerfile", args)
	if !strings.Contains(text, "\nUSER 65532:65532\n") || !strings.Contains(text, "CGO_ENABLED=0") {
		t.Error("it is not static, or runs as root")
	}
}
