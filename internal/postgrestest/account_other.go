//go:build !unix

package postgrestest

import "syscall"

func account() *syscall.SysProcAttr { return nil }

func own(string) error { return nil }
