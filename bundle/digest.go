package bundle

import "strings"

// Ignored says that a file or folder is not part of a bundle: what tools leave behind
// (.terraform, state, plans, crash logs) and version control. name is its last element.
func Ignored(name string) bool {
	switch name {
	case ".terraform", ".git", ".tenon", ".DS_Store", "crash.log":
		return true
	}
	return strings.HasSuffix(name, ".tfstate") || strings.HasSuffix(name, ".tfstate.backup") || strings.HasSuffix(name, ".tfplan") || strings.HasSuffix(name, ".tfstate.lock.info")
}

// Digest of the bundle's files: "sha256:" and hex over path, executable bit and bytes of
// each, in order, without those that are Ignored. The same files give the same digest
// anywhere. A symbolic link or another file that is not regular is a problem.
func (b *Bundle) Digest() (string, error) {
	_, digest, err := b.Snapshot()
	return digest, err
}
