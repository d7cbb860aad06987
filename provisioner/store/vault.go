package store

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// vault holds the root keys of an open store, and what was derived from them.
type vault struct {
	roots  map[uint32][]byte
	newest uint32 // seals; all open

	mu    sync.Mutex
	aeads map[projectKey]cipher.AEAD
	macs  map[string][]byte
}

type projectKey struct {
	root    uint32
	project string
}

// openVault unwraps the root keys. A store without any gets its first, and the key file
// with it.
func (s *Store) openVault(ctx context.Context, tx *transaction, keyFile string, sealer Sealer) (*vault, error) {
	v := &vault{roots: map[uint32][]byte{}, aeads: map[projectKey]cipher.AEAD{}, macs: map[string][]byte{}}
	wrapped := map[uint32][]byte{}
	rows, err := tx.QueryContext(ctx, `SELECT id, wrapped FROM keys ORDER BY id`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var key []byte
		if err := rows.Scan(&v.newest, &key); err != nil {
			return err
		}
		wrapped[v.newest] = key
		return nil
	})
	if err != nil {
		return nil, err
	}
	fresh := len(wrapped) == 0
	given := sealer != nil
	if !given {
		if sealer, err = localKey(keyFile, fresh); err != nil {
			return nil, err
		}
	}
	if fresh {
		return v, s.firstRoot(ctx, tx, v, sealer)
	}
	for id, key := range wrapped {
		root, err := sealer.Decrypt(key, rootAssociated(id))
		switch {
		case err != nil && given:
			return nil, fmt.Errorf("%w: %w", &KeyError{Reason: "the sealer does not open it", Cure: "give the sealer that the store was made with"}, err)
		case err != nil && errors.Is(err, errEnvelope):
			return nil, &KeyError{File: keyFile, Reason: "does not open this store, it belongs to another one", Cure: "put the store's own key there"}
		case err != nil:
			return nil, err
		case len(root) != keySize:
			return nil, &DamagedError{File: s.file, Reason: "the root key has the wrong length", Cure: "put the store back from a backup"}
		}
		v.roots[id] = root
	}
	return v, nil
}

func (s *Store) firstRoot(ctx context.Context, tx *transaction, v *vault, sealer Sealer) error {
	const id = 1
	root := make([]byte, keySize)
	rand.Read(root) // never fails, says its documentation
	wrapped, err := sealer.Encrypt(root, rootAssociated(id))
	if err != nil {
		return fmt.Errorf("wrap the root key: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO keys (id, created, wrapped) VALUES ($1, $2, $3)`, id, timeText(s.now()), wrapped); err != nil {
		return err
	}
	v.newest, v.roots[id] = id, root
	return writeAuditHead(ctx, tx, v, 0, "")
}

func rootAssociated(id uint32) []byte { return associated("root key", fmt.Sprint(id)) }

// project gives what seals the values of a project under a root key.
func (v *vault) project(root uint32, project string) (cipher.AEAD, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	at := projectKey{root, project}
	if aead, found := v.aeads[at]; found {
		return aead, nil
	}
	if v.roots[root] == nil {
		return nil, errEnvelope
	}
	key, err := derive(v.roots[root], "seal "+project)
	if err != nil {
		return nil, err
	}
	aead, err := newAEAD(key)
	if err == nil {
		v.aeads[at] = aead
	}
	return aead, err
}
