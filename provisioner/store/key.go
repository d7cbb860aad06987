package store

import (
	"bufio"
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// The key file: comment lines, then a line for each key, its number in hex and its bytes
// in base64. The first key seals, all of them open, so that a new one can be put on top.
const (
	keyComment = "# The key of a Tenon store. With it and the store everything can be read.\n# Keep a copy apart from the store: without it the sealed values are lost.\n"
	keyLine    = "%08x %s\n"
)

// localSealer seals with the keys of a key file.
type localSealer struct {
	first uint32
	aeads map[uint32]cipher.AEAD
}

// Encrypt seals with the first key.
func (l *localSealer) Encrypt(plain, associated []byte) ([]byte, error) {
	return sealEnvelope(l.aeads[l.first], l.first, plain, associated), nil
}

// Decrypt opens with the key that the envelope names.
func (l *localSealer) Decrypt(envelope, associated []byte) ([]byte, error) {
	key, err := envelopeKey(envelope)
	if err != nil {
		return nil, err
	}
	if l.aeads[key] == nil {
		return nil, errEnvelope
	}
	return openEnvelope(l.aeads[key], envelope, associated)
}

// localKey reads the key file; a fresh store makes it where it is not there.
func localKey(file string, fresh bool) (Sealer, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && fresh:
		if err := writeKey(file); err != nil {
			return nil, err
		}
	case errors.Is(err, fs.ErrNotExist):
		return nil, &KeyError{File: file, Missing: true, Reason: "is missing: the structure of the store can be read, its sealed values cannot", Cure: "put the key back there"}
	case err != nil:
		return nil, &KeyError{File: file, Reason: "cannot be looked at: " + reason(err), Cure: "make it readable for this user only"}
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0: // Windows has no such modes
		return nil, &KeyError{File: file, Reason: fmt.Sprintf("other users can get at it (mode %04o)", info.Mode().Perm()),
			Cure: "chmod 600 " + file + "; if somebody may have read it, its secrets are no longer secret"}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, &KeyError{File: file, Reason: "cannot be read: " + reason(err), Cure: "make it readable for this user only"}
	}
	sealer, err := parseKey(text)
	if err != nil {
		return nil, &KeyError{File: file, Reason: err.Error(), Cure: "put the key back from its copy"}
	}
	return sealer, nil
}

// reason is an error of the file system without the name of the file.
func reason(err error) string {
	var inPath *fs.PathError
	if errors.As(err, &inPath) {
		return inPath.Err.Error()
	}
	return err.Error()
}

// parseKey says what is wrong by line; it never repeats what stands there.
func parseKey(text []byte) (*localSealer, error) {
	l := &localSealer{aeads: map[uint32]cipher.AEAD{}}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, encoded, _ := strings.Cut(line, " ")
		id, idErr := strconv.ParseUint(name, 16, 32)
		key, keyErr := base64.StdEncoding.DecodeString(encoded)
		if idErr != nil || keyErr != nil || len(key) != keySize {
			return nil, fmt.Errorf("line %d is not a key", number)
		}
		wrapping, err := derive(key, "wrap")
		if err != nil {
			return nil, err
		}
		if len(l.aeads) == 0 {
			l.first = uint32(id)
		}
		if l.aeads[uint32(id)], err = newAEAD(wrapping); err != nil {
			return nil, err
		}
	}
	if lines.Err() != nil || len(l.aeads) == 0 {
		return nil, errors.New("holds no key")
	}
	return l, nil
}

// writeKey makes a new key file: whole and durable, or not at all.
func writeKey(file string) error {
	random := make([]byte, 4+keySize)
	rand.Read(random) // never fails, says its documentation
	text := keyComment + fmt.Sprintf(keyLine, binary.BigEndian.Uint32(random), base64.StdEncoding.EncodeToString(random[4:]))
	temporary, err := os.CreateTemp(filepath.Dir(file), ".key-*") // 0600
	if err != nil {
		return notWritable(filepath.Dir(file), err)
	}
	_, err = temporary.WriteString(text)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return syncFolder(filepath.Dir(file))
}
