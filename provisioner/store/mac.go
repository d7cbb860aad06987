package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// MAC is a keyed digest of a document, "hmac-sha256:" and 64 hex digits: equal bytes of
// one project have equal digests, and nobody without the key can try weak secrets against
// it. It stays the same for the life of the store, whatever key wraps or seals. Give
// canonical bytes. It is empty in a store opened without its key.
func (s *Store) MAC(project string, document []byte) string {
	if s.vault == nil {
		return ""
	}
	return s.vault.mac("mac "+project, document)
}

// mac digests under the first root key, which no rotation removes.
func (v *vault) mac(purpose string, document []byte) string {
	digest := hmac.New(sha256.New, v.macKey(purpose))
	digest.Write(document)
	return "hmac-sha256:" + hex.EncodeToString(digest.Sum(nil))
}

func (v *vault) macKey(purpose string) []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	if key, found := v.macs[purpose]; found {
		return key
	}
	key, err := derive(v.roots[1], purpose)
	if err != nil {
		panic(err) // only a length that SHA-256 cannot give is refused
	}
	v.macs[purpose] = key
	return key
}
