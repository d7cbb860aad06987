//go:build unix

package postgrestest

import (
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// account is in whose name the server runs: it refuses to be root. A session of its own
// keeps the terminal's Ctrl-C from it; it ends with the test binary.
func account() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setsid: true}
	if uid, gid, ok := other(); ok {
		attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return attributes
}

// own gives a folder to that account.
func own(folder string) error {
	if uid, gid, ok := other(); ok {
		return os.Chown(folder, uid, gid)
	}
	return nil
}

// other is who stands in for root.
func other() (uid, gid int, ok bool) {
	if os.Geteuid() != 0 {
		return 0, 0, false
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(found.Uid)
		gid, gidErr := strconv.Atoi(found.Gid)
		if uidErr == nil && gidErr == nil {
			return uid, gid, true
		}
	}
	return 0, 0, false
}
