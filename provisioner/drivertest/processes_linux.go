package drivertest

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const canSeeProcesses = true

// descendants are the processes below this one, and those that work in a folder: a process
// whose parent has died is no descendant any more.
func descendants(root string) []processOf {
	names, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	parents, commands := map[int]int{}, map[int]string{}
	var found []processOf
	for _, name := range names {
		pid, err := strconv.Atoi(filepath.Base(name))
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(name + "/stat")
		end := bytes.LastIndexByte(stat, ')') // the name before it may hold anything
		if err != nil || end < 0 {
			continue // it has ended meanwhile
		}
		fields := strings.Fields(string(stat[end+1:])) // the state, and the parent
		if len(fields) < 2 || fields[0] == "Z" || fields[0] == "X" {
			continue
		}
		parents[pid], _ = strconv.Atoi(fields[1])
		commands[pid] = string(stat[bytes.IndexByte(stat, '(')+1 : end])
	}
	for pid, command := range commands {
		at, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
		inside := err == nil && (at == root || strings.HasPrefix(at, root+"/"))
		for p, steps := parents[pid], 0; p > 1 && !inside && steps < 100; p, steps = parents[p], steps+1 {
			inside = p == os.Getpid()
		}
		if inside && pid != os.Getpid() {
			found = append(found, processOf{pid, command})
		}
	}
	return found
}
