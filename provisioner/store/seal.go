package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// Sealer wraps the root key of a store. Tink's AEAD primitives and the clients of cloud
// key services have this shape. It is called a few times an Open, never for a value.
type Sealer interface {
	Encrypt(plaintext, associatedData []byte) ([]byte, error)
	Decrypt(ciphertext, associatedData []byte) ([]byte, error)
}

const keySize = 32 // AES-256

// derive makes a key for one purpose from a key for many (RFC 5869).
func derive(key []byte, purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, key, nil, "tenon "+purpose, keySize)
}

// An envelope is a version byte, the number of the key that opens it (4 bytes, so that
// keys can be rotated), a random nonce and the sealed bytes.
const (
	envelopeVersion = 1
	envelopeHeader  = 1 + 4
)

var errEnvelope = errors.New("is not what was sealed there")

// newAEAD seals with random nonces: good for 2^32 values a key, and each project has its
// own. Source: documentation of cipher.NewGCMWithRandomNonce.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func sealEnvelope(aead cipher.AEAD, key uint32, plain, associated []byte) []byte {
	envelope := binary.BigEndian.AppendUint32([]byte{envelopeVersion}, key)
	return aead.Seal(envelope, nil, plain, associated)
}

// envelopeKey says which key opens an envelope.
func envelopeKey(envelope []byte) (uint32, error) {
	if len(envelope) < envelopeHeader || envelope[0] != envelopeVersion {
		return 0, errEnvelope
	}
	return binary.BigEndian.Uint32(envelope[1:envelopeHeader]), nil
}

func openEnvelope(aead cipher.AEAD, envelope, associated []byte) ([]byte, error) {
	plain, err := aead.Open(nil, nil, envelope[envelopeHeader:], associated)
	if err != nil {
		return nil, errEnvelope
	}
	return plain, nil
}

// seal seals a value of the store. kind and address are checked when it is opened.
func (s *Store) seal(kind, address string, plain []byte) ([]byte, error) {
	if s.vault == nil {
		return nil, withoutKey()
	}
	aead, err := s.vault.project(s.vault.newest, projectOf(address))
	if err != nil {
		return nil, err
	}
	return sealEnvelope(aead, s.vault.newest, plain, associated(kind, address)), nil
}

func (s *Store) unseal(kind, address string, envelope []byte) ([]byte, error) {
	if s.vault == nil {
		return nil, withoutKey()
	}
	key, err := envelopeKey(envelope)
	if err == nil {
		var aead cipher.AEAD
		if aead, err = s.vault.project(key, projectOf(address)); err == nil {
			var plain []byte
			if plain, err = openEnvelope(aead, envelope, associated(kind, address)); err == nil {
				return plain, nil
			}
		}
	}
	return nil, &DamagedError{File: s.file, Reason: fmt.Sprintf("the sealed %s of %s %s", kind, address, err),
		Cure: "put the store back from a backup"}
}

func associated(kind, address string) []byte { return []byte(kind + "\x00" + address) }
