package deploy

import (
	"context"
	"strings"
	"sync"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// tools knows which version each driver's tool has. A binary is asked once; the store
// remembers what it said.
type tools struct {
	store *store.Store
	mu    sync.Mutex // also keeps two from asking the same binary at once
}

// version gives name and version of the tool (terraform 1.11.4), empty for a driver that
// has none.
func (t *tools) version(ctx context.Context, driver provisioner.Driver, want string) (string, error) {
	versioned, ok := provisioner.As[provisioner.Versioned](driver)
	if !ok {
		return "", nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	identity, err := versioned.Identity(ctx, want)
	if err != nil {
		return "", err
	}
	name, version, known, err := t.store.ToolVersion(ctx, identity)
	if err != nil {
		return "", err
	}
	if !known {
		if name, version, err = versioned.Version(ctx, want); err != nil {
			return "", err
		}
		if err := t.store.SaveToolVersion(ctx, identity, name, version); err != nil {
			return "", err
		}
	}
	return name + " " + version, nil
}

// minor is a tool without its patch version, which invalidates nothing: terraform 1.11.
func minor(tool string) string {
	name, version, ok := strings.Cut(tool, " ")
	parts := strings.SplitN(version, ".", 3)
	if !ok || len(parts) < 3 {
		return tool
	}
	return name + " " + parts[0] + "." + parts[1]
}
