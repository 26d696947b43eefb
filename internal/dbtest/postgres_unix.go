//go:build unix

package dbtest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// startPostgres starts a server of its own in a temporary folder. It is shared
// by all test programs of the checkout that run at the same time and stops
// itself when none has used it for a while.
func startPostgres() (string, error) {
	bin, err := programs()
	if err != nil {
		return "", err
	}
	dir, err := folder()
	if err != nil {
		return "", err
	}
	unlock, err := lock(dir + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	base := "postgres://postgres@localhost/postgres?host=" + url.QueryEscape(dir) + "&sslmode=disable"
	if answers(base) {
		return base, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	who, err := notRoot()
	if err != nil {
		return "", err
	}
	if who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			return "", err
		}
	}
	run := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.Dir = dir
		c.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if who != nil {
			c.SysProcAttr.Credential = who
		}
		return c
	}
	data := filepath.Join(dir, "data")
	if out, err := run("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8").CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, tail(out))
	}
	// No TCP port: only the socket in the folder. fsync is off, since a test
	// kills programs and not the machine.
	opts := fmt.Sprintf("-c listen_addresses='' -c unix_socket_directories='%s' -c fsync=off -c max_connections=200 -c shared_buffers=64MB", dir)
	if out, err := run("pg_ctl", "-D", data, "-w", "-t", "60", "-l", filepath.Join(dir, "log"), "-o", opts, "start").CombinedOutput(); err != nil {
		return "", fmt.Errorf("pg_ctl start: %w: %s", err, tail(out))
	}
	watch(bin, dir, data, who)
	return base, nil
}

// watch leaves a process behind that stops the server when no database was
// made or dropped for two minutes and nobody is connected, and removes the
// folder.
func watch(bin, dir, data string, who *syscall.Credential) {
	script := fmt.Sprintf(`idle=0
while [ $idle -lt 12 ]; do
  sleep 10
  n=$('%[1]s/psql' -h '%[2]s' -U postgres -Atc "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()" postgres) || break
  if [ "$n" = 0 ]; then idle=$((idle+1)); else idle=0; fi
done
'%[1]s/pg_ctl' -D '%[3]s' -m fast stop
cd / && rm -rf '%[2]s'`, bin, dir, data)
	c := exec.Command("/bin/sh", "-c", script)
	c.Dir = dir
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: who}
	if c.Start() == nil {
		go func() { _ = c.Wait() }()
	}
}

func lock(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for range 900 {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return func() { f.Close() }, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	f.Close()
	return nil, err
}

// notRoot is whom the server runs as when the test runs as root, which
// PostgreSQL refuses.
func notRoot() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no other user")
}
