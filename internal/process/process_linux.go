package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Boot says in which start of the machine this is.
func Boot() (string, error) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text)), err
}

// startOf reads field 22 of /proc/PID/stat, the start time in clock ticks since boot. The
// name in field 2 stands in parentheses and may hold anything, so that fields are counted
// from the last parenthesis. Source: proc_pid_stat(5).
func startOf(pid int) (string, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", err
	}
	end := bytes.LastIndexByte(stat, ')')
	fields := strings.Fields(string(stat[end+1:])) // from field 3, the state, on
	const state, start = 0, 22 - 3
	if end < 0 || len(fields) <= start {
		return "", fmt.Errorf("process %d: unreadable status", pid)
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return "", fmt.Errorf("process %d has ended: %w", pid, os.ErrProcessDone)
	}
	return fields[start], nil
}

// In gives the processes that work in a folder, by number: those this user may look at.
func In(folder string) []ID {
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil
	}
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		return nil
	}
	var found []ID
	for _, link := range links {
		at, err := os.Readlink(link)
		if err != nil || at != folder {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if id, err := Of(pid); err == nil {
			found = append(found, id)
		}
	}
	slices.SortFunc(found, func(a, b ID) int { return a.PID - b.PID })
	return found
}
