package plugin

import (
	"encoding/json"
	"os"
	"path/filepath"

	proc "github.com/tenon-sdk/tenon/internal/process"
)

// Folders that a host makes for its plugins carry its name, so that the next host removes
// what one has left that was killed.
const (
	copyPrefix = "tenon-plugin-"
	runPrefix  = "tenon-run-"
	hostName   = ".host"
)

// tempFolder makes a private folder (0700).
func tempFolder(in, prefix string) (string, error) {
	folder, err := os.MkdirTemp(in, prefix)
	if err != nil {
		return "", err
	}
	if self, err := proc.Of(os.Getpid()); err == nil {
		_ = os.WriteFile(filepath.Join(folder, hostName), []byte(self.String()), 0o600) // without it, it is left for good
	}
	return folder, nil
}

// removeLeft removes the folders of hosts that are dead, where nobody works in them any
// more. Those of other users cannot be removed, and are left.
func removeLeft(in string) {
	if in == "" {
		in = os.TempDir()
	}
	for _, prefix := range []string{copyPrefix, runPrefix} {
		folders, err := filepath.Glob(filepath.Join(in, prefix+"*"))
		if err != nil {
			return
		}
		for _, folder := range folders {
			var host proc.ID
			text, err := os.ReadFile(filepath.Join(folder, hostName))
			if err != nil || json.Unmarshal(text, &host) != nil || host.PID == 0 || host.Alive() || len(proc.In(folder)) > 0 {
				continue
			}
			_ = os.RemoveAll(folder)
		}
	}
}
