package store_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

// fill writes a little of everything into the book of an organization. word
// stands in all of it.
func fill(t *testing.T, s *store.Store, org, word string) {
	t.Helper()
	user := word + "-user"
	update(t, s, store.System, func(tx *store.Tx) error {
		_, err := tx.Put(user, 0, wardbook.User{Name: word, Email: word + "@example.org"})
		return err
	})
	put(t, s, org, word+"-a", 0, testRecord{Title: word + " first", State: "open", Key: word + "-key"})
	update(t, s, org, func(tx *store.Tx) error {
		for _, id := range []string{word + "-b", word + "-c"} {
			if _, err := tx.Put(id, 0, testRecord{Title: word, Refs: []wardbook.Ref[testRecord]{{ID: word + "-a"}}}); err != nil {
				return err
			}
		}
		_, err := tx.Put(word+"-a", 1, testRecord{Title: word + " second", State: "closed", Key: word + "-key"})
		return err
	})
	if _, err := s.BeginRequest(t.Context(), store.Request{Organization: org, Token: word, Key: word, Digest: word}); err != nil {
		t.Fatal(err)
	}
	var secretDoc wardbook.Evidence
	update(t, s, org, func(tx *store.Tx) error {
		var err error
		for i, doc := range []string{word + " small", word + strings.Repeat("large ", 50_000), word + " personal"} {
			secretDoc, err = tx.AddEvidence(wardbook.Evidence{Name: fmt.Sprintf("%s-%d.txt", word, i), MediaType: "text/plain"}, strings.NewReader(doc))
			if err != nil {
				return err
			}
		}
		return nil
	})
	for round := range 2 {
		update(t, s, org, func(tx *store.Tx) error {
			var devices []wardbook.Device
			for i := range 4 {
				devices = append(devices, wardbook.Device{ID: fmt.Sprintf("%s-d%d", word, i+round), Model: word, Version: fmt.Sprint(min(i, 2), round), Product: word + "-p", Place: fmt.Sprint("row ", i)})
			}
			if _, err := tx.ReconcileDevices(word+"-inventory", store.All(devices)); err != nil {
				return err
			}
			if _, err := tx.ReconcileProducts("", []wardbook.Product{{ID: word + "-p", Name: word, Version: fmt.Sprint(round)}}); err != nil {
				return err
			}
			if _, err := tx.ReconcileComponents(word+"-p", []wardbook.Component{{Name: word + "-lib", Version: fmt.Sprint(round)}, {Name: word + "-os"}}); err != nil {
				return err
			}
			_, err := tx.ReconcileFindings(word+"-p", []wardbook.Finding{{ID: word + "-f", Product: word + "-p", Vulnerability: word + "-cve", Status: wardbook.Affected, Devices: []string{word + "-d2", word + "-d1"}, Title: fmt.Sprint(round)}})
			return err
		})
	}
	update(t, s, org, func(tx *store.Tx) error {
		if err := tx.Redact(secretDoc.SHA256); err != nil {
			return err
		}
		if _, err := tx.Put(user, 0, wardbook.Membership{User: user, Name: word, Roles: []wardbook.Role{wardbook.Analyst}}); err != nil {
			return err
		}
		if _, err := tx.Enqueue(wardbook.Job{Kind: word + "-job", Args: []byte(`"` + word + `"`), Unique: word}); err != nil {
			return err
		}
		_, err := tx.CreateToken(word+"-token", wardbook.Token{Name: word, User: user, Scopes: []string{"read"}})
		return err
	})
}

func verified(t *testing.T, v *store.Verification, err error) *store.Verification {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range v.Problems {
		t.Errorf("an untouched book: %s", p)
	}
	return v
}

func TestVerifyUntouched(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		fill(t, s, north, "alpha")
		for _, id := range []string{north, store.System} {
			v, err := s.Verify(t.Context(), id, store.VerifyOptions{})
			verified(t, v, err)
			var book bytes.Buffer
			if err := s.Export(t.Context(), id, &book); err != nil {
				t.Fatal(err)
			}
			f, err := store.VerifyExport(&book, store.VerifyOptions{Checkpoint: v.Checkpoint, Verifiers: []string{s.Verifier()}})
			verified(t, f, err)
			if f.Root != v.Root || f.Entries != v.Entries || len(f.Notes) != 0 {
				t.Errorf("file %+v, database %+v", f, v)
			}
		}
	})
}

// TestTamper changes each kind of thing in the database and wants it named.
func TestTamper(t *testing.T) {
	tests := []struct{ name, sql, want string }{
		{"entry's bytes", `UPDATE events SET entry = (SELECT entry FROM events x WHERE x.organization = 'north' AND x.position = 1) WHERE organization = 'north' AND position = 2`, "entry 2: was"},
		{"entry's columns", `UPDATE events SET reason = 'another' WHERE organization = 'north' AND position = 2`, "entry 2: the columns"},
		{"entry removed", `DELETE FROM events WHERE organization = 'north' AND position = 3`, "entry 3: is missing"},
		{"last entry removed", `DELETE FROM events WHERE organization = 'north' AND position = 6`, "book: has 6 entries"},
		{"entries exchanged", `UPDATE events SET position = CASE position WHEN 2 THEN -3 WHEN 3 THEN -2 END WHERE organization = 'north' AND position IN (2, 3);
			UPDATE events SET position = -position WHERE organization = 'north' AND position < 0`, "entry 3"},
		{"entry inserted", `INSERT INTO events SELECT organization, 7, time, actor, action, target, reason, entry FROM events WHERE organization = 'north' AND position = 6`, "entry 7: stands after the end"},
		{"leaf", `UPDATE log_hashes SET hash = (SELECT hash FROM log_hashes x WHERE x.organization = 'north' AND x.number = 0) WHERE organization = 'north' AND number = 1`, "entry 1"},
		{"node", `UPDATE log_hashes SET hash = (SELECT hash FROM log_hashes x WHERE x.organization = 'north' AND x.number = 0) WHERE organization = 'north' AND number = 2`, "entry 1: a stored node"},
		{"checkpoint", `UPDATE logs SET checkpoint = replace(checkpoint, 'north', 'south') WHERE organization = 'north'`, "checkpoint: is not signed"},
		{"size", `UPDATE logs SET size = 5 WHERE organization = 'north'`, "checkpoint: was made from 7 entries, 5 are here"},
		{"revision's bytes", `UPDATE revisions SET data = (SELECT data FROM revisions x WHERE x.organization = 'north' AND x.id = 'alpha-b' AND x.kind = 'test') WHERE organization = 'north' AND id = 'alpha-a' AND revision = 1`, "revision test alpha-a 1 was changed: its bytes"},
		{"revision's digest", `UPDATE revisions SET digest = 'x' WHERE organization = 'north' AND id = 'alpha-a' AND revision = 1`, "revision test alpha-a 1 was changed"},
		{"revision's title", `UPDATE revisions SET title = 'x' WHERE organization = 'north' AND id = 'alpha-a' AND revision = 1`, "revision test alpha-a 1 was changed: schema"},
		{"revision's state", `UPDATE revisions SET state = 'x' WHERE organization = 'north' AND id = 'alpha-a' AND revision = 2`, "revision test alpha-a 2 was changed: schema"},
		{"revision's number", `UPDATE revisions SET number = 9 WHERE organization = 'north' AND id = 'alpha-b'`, "revision test alpha-b 1 was changed: schema"},
		{"revision's end", `UPDATE revisions SET to_pos = to_pos + 1 WHERE organization = 'north' AND id = 'alpha-a' AND revision = 1`, "until which it held"},
		{"revision's beginning", `UPDATE revisions SET from_pos = 0 WHERE organization = 'north' AND id = 'alpha-a' AND revision = 1`, "entry 1: revision test alpha-a 1 is missing"},
		{"revision removed", `DELETE FROM links WHERE organization = 'north' AND id = 'alpha-c'; DELETE FROM revisions WHERE organization = 'north' AND id = 'alpha-c'`, "revision test alpha-c 1 is missing"},
		{"revision inserted", `INSERT INTO revisions SELECT organization, kind, 'alpha-z', revision, schema, number, prefix, title, state, '', from_pos, to_pos, digest, data FROM revisions WHERE organization = 'north' AND id = 'alpha-c'`, "revision test alpha-z 1 was inserted"},
		{"revision inserted at the end", `INSERT INTO revisions SELECT organization, kind, 'alpha-z', revision, schema, number, prefix, title, state, '', 99, to_pos, digest, data FROM revisions WHERE organization = 'north' AND id = 'alpha-c'`, "was inserted"},
		{"link removed", `DELETE FROM links WHERE organization = 'north' AND id = 'alpha-b'`, "revision test alpha-b 1 was changed"},
		{"link changed", `UPDATE links SET to_id = 'alpha-c' WHERE organization = 'north' AND id = 'alpha-b'`, "revision test alpha-b 1 was changed"},
		{"evidence's bytes", `UPDATE evidence_chunks SET data = (SELECT data FROM evidence_chunks x WHERE x.organization = 'north' AND x.number = 1) WHERE organization = 'north' AND number = 0 AND blob = (SELECT blob FROM evidence WHERE organization = 'north' AND name = 'alpha-0.txt')`, "evidence alpha-0.txt was changed"},
		{"evidence's chunk removed", `DELETE FROM evidence_chunks WHERE organization = 'north' AND number = 1`, "evidence alpha-1.txt was changed"},
		{"evidence's chunks exchanged", `UPDATE evidence_chunks SET number = 2 WHERE organization = 'north' AND number = 0 AND blob = (SELECT blob FROM evidence WHERE organization = 'north' AND name = 'alpha-1.txt')`, "evidence alpha-1.txt was changed"},
		{"evidence's name", `UPDATE evidence SET name = 'x' WHERE organization = 'north' AND name = 'alpha-0.txt'`, "evidence alpha-0.txt: name"},
		{"evidence removed", `DELETE FROM evidence WHERE organization = 'north' AND name = 'alpha-0.txt'`, "evidence alpha-0.txt"},
		{"bytes inserted", `INSERT INTO evidence_chunks SELECT organization, 'loose', number, data FROM evidence_chunks WHERE organization = 'north' AND number = 1`, "bytes were inserted"},
		{"redacted without an entry", `UPDATE evidence SET redacted_pos = 3 WHERE organization = 'north' AND name = 'alpha-0.txt'; DELETE FROM evidence_chunks WHERE organization = 'north' AND blob = (SELECT blob FROM evidence WHERE organization = 'north' AND name = 'alpha-0.txt')`, "does not say that they were redacted"},
		{"device's data", `UPDATE devices SET data = (SELECT data FROM devices x WHERE x.organization = 'north' AND x.id = 'alpha-d0') WHERE organization = 'north' AND id = 'alpha-d4'`, "devices: the row alpha-d4 was changed"},
		{"device's digest", `UPDATE devices SET digest = (SELECT digest FROM devices x WHERE x.organization = 'north' AND x.id = 'alpha-d0') WHERE organization = 'north' AND id = 'alpha-d4'`, "devices: the row alpha-d4 was changed"},
		{"device's column", `UPDATE devices SET product = 'x' WHERE organization = 'north' AND id = 'alpha-d4'`, "devices: the row alpha-d4 was changed"},
		{"device's place", `UPDATE devices SET place = 'x' WHERE organization = 'north' AND id = 'alpha-d4'`, "devices: rows were changed"},
		{"device's end", `UPDATE devices SET to_pos = 6 WHERE organization = 'north' AND id = 'alpha-d0'`, "devices: "},
		{"device removed", `DELETE FROM devices WHERE organization = 'north' AND id = 'alpha-d4'`, "devices: rows were changed, removed"},
		{"device inserted", `INSERT INTO devices SELECT organization, grp, 'alpha-z', from_pos, to_pos, digest, product, place, data FROM devices WHERE organization = 'north' AND id = 'alpha-d4'`, "devices: "},
		{"device inserted elsewhere", `INSERT INTO devices SELECT organization, grp, 'alpha-z', 1, to_pos, digest, product, place, data FROM devices WHERE organization = 'north' AND id = 'alpha-d4'`, "entry 1: devices: 1 rows were inserted"},
		{"product", `UPDATE products SET name = 'x' WHERE organization = 'north'`, "products: the row alpha-p was changed"},
		{"component", `DELETE FROM components WHERE organization = 'north' AND name = 'alpha-os'`, "components: rows were changed, removed"},
		{"finding", `UPDATE findings SET status = 'fixed' WHERE organization = 'north'`, "findings: the row alpha-f was changed"},
		{"set of devices", `UPDATE device_sets SET data = (SELECT data FROM revisions WHERE organization = 'north' AND id = 'alpha-b') WHERE organization = 'north'`, "device set"},
		{"set removed", `DELETE FROM device_sets WHERE organization = 'north'`, "is missing"},
		{"role", `UPDATE memberships SET roles = 'administrator' WHERE organization = 'north'`, "membership alpha-user: the table"},
		{"member inserted", `INSERT INTO users VALUES ('mal', 'mal@example.org', 'Mal', FALSE, FALSE); INSERT INTO memberships VALUES ('north', 'mal', 'administrator')`, "membership mal: was inserted"},
		{"token's scope", `UPDATE tokens SET scopes = 'read,write' WHERE organization = 'north'`, "token alpha-token"},
		{"organization's name", `UPDATE organizations SET name = 'x' WHERE id = 'north'`, "organization north"},
		{"key inserted", `INSERT INTO log_keys SELECT 2, verifier, 'x', 0 FROM log_keys`, "key 2: is not endorsed"},
	}
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		fill(t, s, north, "alpha")
		for _, tt := range tests {
			v, err := s.Tamper(t.Context(), north, store.VerifyOptions{}, func(tx *sql.Tx) error {
				_, err := tx.Exec(tt.sql)
				return err
			})
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			var all []string
			for _, p := range v.Problems {
				all = append(all, p.String())
			}
			if !strings.Contains(strings.Join(all, "\n"), tt.want) {
				t.Errorf("%s: want %q, found:\n%s", tt.name, tt.want, strings.Join(all, "\n"))
			}
		}
		v, err := s.Verify(t.Context(), north, store.VerifyOptions{})
		verified(t, v, err)
	})
}

// TestTamperFile changes an exported book: bytes all over it, and every line.
func TestTamperFile(t *testing.T) {
	s := dbtest.Open(t, t.TempDir()+"/book.db")
	north := org(t, s, "north")
	fill(t, s, north, "alpha")
	var buf bytes.Buffer
	if err := s.Export(t.Context(), north, &buf); err != nil {
		t.Fatal(err)
	}
	book := buf.Bytes()
	found := func(name string, b []byte) {
		t.Helper()
		v, err := store.VerifyExport(bytes.NewReader(b), store.VerifyOptions{Verifiers: []string{s.Verifier()}})
		if err == nil && v.OK() {
			t.Errorf("%s: not found", name)
		}
	}
	lines := bytes.SplitAfter(bytes.TrimSuffix(book, []byte("\n")), []byte("\n"))
	lines[len(lines)-1] = append(bytes.Clone(lines[len(lines)-1]), '\n')
	for i := range lines {
		found(fmt.Sprint("without line ", i+1), bytes.Join(slices.Delete(slices.Clone(lines), i, i+1), nil))
		found(fmt.Sprint("line twice ", i+1), bytes.Join(slices.Insert(slices.Clone(lines), i, lines[i]), nil))
		if i > 0 {
			other := slices.Clone(lines)
			other[i], other[i-1] = other[i-1], other[i]
			found(fmt.Sprint("lines exchanged ", i), bytes.Join(other, nil))
		}
		start := len(bytes.Join(lines[:i], nil))
		step := max(1, len(lines[i])/12)
		for at := 0; at < len(lines[i])-1; at += step {
			b := bytes.Clone(book)
			b[start+at] ^= 1
			found(fmt.Sprintf("line %d byte %d flipped", i+1, at), b)
		}
	}
	for _, cut := range []int{1, len(book) / 3, len(book) / 2, len(book) - 20} {
		found(fmt.Sprint("cut at ", cut), book[:cut])
	}
}

// TestCheckpoint finds a cut-off end and an old copy put back.
func TestCheckpoint(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		put(t, s, north, "a", 0, testRecord{Title: "A"})
		var old bytes.Buffer
		if err := s.Export(t.Context(), north, &old); err != nil {
			t.Fatal(err)
		}
		early, err := s.Verify(t.Context(), north, store.VerifyOptions{})
		verified(t, early, err)
		put(t, s, north, "a", 1, testRecord{Title: "B"})
		late, err := s.Verify(t.Context(), north, store.VerifyOptions{Checkpoint: early.Checkpoint})
		verified(t, late, err)
		v, err := store.VerifyExport(bytes.NewReader(old.Bytes()), store.VerifyOptions{Checkpoint: late.Checkpoint})
		if err != nil || v.OK() || !strings.Contains(v.Problems.Err().Error(), "old copy") {
			t.Errorf("an old copy: %v %+v", err, v)
		}
		v, err = store.VerifyExport(bytes.NewReader(old.Bytes()), store.VerifyOptions{})
		if err != nil || !v.OK() || len(v.Notes) == 0 {
			t.Errorf("an old copy without a checkpoint has to say that it cannot be seen: %v %+v", err, v)
		}
		other := dbtest.Open(t, t.TempDir()+"/other.db")
		org(t, other, "north")
		put(t, other, "north", "a", 0, testRecord{Title: "A"})
		v, err = other.Verify(t.Context(), "north", store.VerifyOptions{Checkpoint: early.Checkpoint, Verifiers: []string{s.Verifier()}})
		if err != nil || v.OK() || !strings.Contains(v.Problems.Err().Error(), "kept elsewhere was made from") {
			t.Errorf("another book: %v %+v", err, v)
		}
	})
}

func TestRotateKey(t *testing.T) {
	dbtest.EachDSN(t, func(t *testing.T, dsn string, opts ...store.Option) {
		s := dbtest.Open(t, dsn, opts...)
		north := org(t, s, "north")
		put(t, s, north, "a", 0, testRecord{Title: "A"})
		before, err := s.Verify(t.Context(), north, store.VerifyOptions{})
		verified(t, before, err)
		first := s.Verifier()
		replica := dbtest.Open(t, dsn, opts...)
		if err := s.RotateKey(t.Context(), "ana", "yearly"); err != nil {
			t.Fatal(err)
		}
		if s.Verifier() == first {
			t.Error("the key is still the old one")
		}
		put(t, s, north, "a", 1, testRecord{Title: "B"})
		if err := replica.Update(t.Context(), north, event, func(*store.Tx) error { return nil }); err == nil {
			t.Error("another process signed with the old key")
		}
		s.Close()
		s = dbtest.Open(t, dsn, opts...)
		after, err := s.Verify(t.Context(), north, store.VerifyOptions{Checkpoint: before.Checkpoint})
		verified(t, after, err)
		var book bytes.Buffer
		if err := s.Export(t.Context(), north, &book); err != nil {
			t.Fatal(err)
		}
		v, err := store.VerifyExport(&book, store.VerifyOptions{Checkpoint: before.Checkpoint, Verifiers: []string{first}})
		verified(t, v, err) // one who knows the old key only
	})
}

func TestVerifyWhileWriting(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north := org(t, s, "north")
		stop := time.Now().Add(500 * time.Millisecond)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := 0; time.Now().Before(stop); i++ {
				s.Update(t.Context(), north, event, func(tx *store.Tx) error {
					_, err := tx.Put(fmt.Sprint(i), 0, testRecord{Title: "x"})
					return err
				})
			}
		}()
		for range 3 {
			v, err := s.Verify(t.Context(), north, store.VerifyOptions{})
			verified(t, v, err)
		}
		<-done
	})
}

// TestRotationStopped finishes a rotation that was stopped after its commit.
func TestRotationStopped(t *testing.T) {
	dir := t.TempDir()
	s := dbtest.Open(t, dir+"/a.db")
	old, err := os.ReadFile(dir + "/a.db.key")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RotateKey(t.Context(), "ana", "yearly"); err != nil {
		t.Fatal(err)
	}
	want := s.Verifier()
	s.Close()
	if err := os.Rename(dir+"/a.db.key", dir+"/a.db.key.next"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/a.db.key", old, 0o600); err != nil {
		t.Fatal(err)
	}
	s = dbtest.Open(t, dir+"/a.db")
	if s.Verifier() != want {
		t.Error("the new key was not taken")
	}
	v, err := s.Verify(t.Context(), store.System, store.VerifyOptions{})
	verified(t, v, err)
}

// TestHostileBook cuts, repeats and mixes an exported book at random: whatever
// comes, it is checked without a panic, and a part is never taken for the
// whole. (Go's fuzzing counts the branches of the SQLite that is linked in and
// gets through four inputs in 15 s.)
func TestHostileBook(t *testing.T) {
	s := dbtest.Open(t, t.TempDir()+"/a.db")
	north := org(t, s, "north")
	fill(t, s, north, "alpha")
	var out bytes.Buffer
	if err := s.Export(t.Context(), store.System, &out); err != nil {
		t.Fatal(err)
	}
	book := out.Bytes()
	seeds := []string{
		`{"book":{"format":1,"organization":"x","entries":0,"checkpoint":"","keys":[{"number":1,"verifier":"x"},{"number":2,"verifier":"y"}]}}`,
		`{"entry":{"leaf":"","json":{"facts":[{"table":"devices"}],"position":-1}}}`, `{"chunk":"AAAA"}`, `{"end":{"lines":-1}}`, `{}`, `null`, "",
		`{"opened":{"table":"findings","group":"","id":"","columns":[],"digest":""}}`, `{"closed":{"table":"devices","group":"","id":"","from":0,"digest":""}}`,
		`{"revision":{}}`, `{"evidence":{"name":"","sha256":"","size":-1,"redacted":-9}}`, `{"set":{"sha256":""}}`,
	}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 3000 {
		var b []byte
		if round%2 == 0 {
			for range 1 + random.IntN(6) {
				b = append(append(b, seeds[random.IntN(len(seeds))]...), '\n')
			}
		}
		for range 1 + random.IntN(3) {
			from := random.IntN(len(book))
			b = append(b, book[from:from+random.IntN(len(book)-from)]...)
		}
		if round%3 == 0 && len(b) > 0 {
			b[random.IntN(len(b))] = byte(random.IntN(256))
		}
		var o store.VerifyOptions
		if round%5 == 0 {
			o.Checkpoint = "wardbook/x\n1\n"
		}
		v, err := store.VerifyExport(bytes.NewReader(b), o)
		if err == nil && v.OK() {
			t.Fatalf("round %d: a mixed book passes:\n%s", round, b)
		}
	}
}
