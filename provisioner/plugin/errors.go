package plugin

import (
	"errors"
	"fmt"
	"strings"
)

// PinError is a plugin whose bytes nobody has allowed to run.
type PinError struct {
	Name, Path string
	Digest     string // of what lies at Path
	Pinned     bool   // other bytes of it are allowed
	LockFile   string // empty where there is none
}

func (e *PinError) Error() string {
	where := "a lock file"
	if e.LockFile != "" {
		where = e.LockFile
	}
	if e.Pinned {
		return fmt.Sprintf("the plugin %s has changed: %s is %s, which is not in %s (if that is meant, add the line %q)", e.Name, e.Path, e.Digest, where, e.Name+" "+e.Digest)
	}
	return fmt.Sprintf("the plugin %s is not pinned (if %s may run, add the line %q to %s)", e.Name, e.Path, e.Name+" "+e.Digest, where)
}

// StartError is a program that did not become a plugin.
type StartError struct {
	Name, Path string
	Reason     string
	Said       []string // the last lines on its standard error
}

func (e *StartError) Error() string {
	return fmt.Sprintf("the plugin %s cannot be started: %s%s", e.Name, e.Reason, said(e.Said))
}

// DiedError is a plugin whose process ended in the middle of a call, by itself or by the
// host: what the call has done is not known.
type DiedError struct {
	Name   string
	Reason string   // exit status 2; it was killed: it did not stop within 10m0s
	Said   []string // the last lines on its standard error
}

func (e *DiedError) Error() string {
	return fmt.Sprintf("the plugin %s died in the middle: %s%s", e.Name, e.Reason, said(e.Said))
}

// ErrClosed is the error of calls after Close.
var ErrClosed = errors.New("the plugin is closed")

func said(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return " (it said: " + strings.Join(lines, " | ") + ")"
}
