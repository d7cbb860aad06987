package store

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strings"
	"time"
)

// PutFiles keeps the files of a bundle by the bundle's digest; nothing is done where it
// has them. Equal files of different bundles are kept once. Folders without files are not
// kept, and anything but files and folders is refused.
func (s *Store) PutFiles(ctx context.Context, digest string, files fs.FS) error {
	if known, err := s.hasFiles(ctx, digest); known || err != nil {
		return err
	}
	return s.update(ctx, "keep files "+digest, func(tx *transaction) error {
		result, err := tx.ExecContext(ctx, `INSERT INTO bundles (digest, added) VALUES ($1, $2) ON CONFLICT DO NOTHING`, digest, timeText(s.now()))
		if err != nil {
			return err
		}
		if count, err := result.RowsAffected(); count == 0 || err != nil {
			return err // somebody else was faster
		}
		return fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			return putFile(ctx, tx, digest, files, path)
		})
	})
}

func (s *Store) hasFiles(ctx context.Context, digest string) (bool, error) {
	var one int
	err := s.read.QueryRowContext(ctx, `SELECT 1 FROM bundles WHERE digest = $1`, digest).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, s.failed(ctx, "files "+digest, err)
}

func putFile(ctx context.Context, tx *transaction, bundle string, files fs.FS, path string) error {
	info, err := fs.Lstat(files, path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: is not a plain file (%s)", path, info.Mode().Type())
	case strings.Contains(path, `\`):
		return fmt.Errorf("%s: has a backslash in its name, which is a separator on some systems", path)
	}
	plain, err := fs.ReadFile(files, path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(plain)
	content := hex.EncodeToString(sum[:])
	var known int
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM contents WHERE digest = $1`, content).Scan(&known)
	if err != nil {
		return err
	}
	if known == 0 {
		_, err = tx.ExecContext(ctx, `INSERT INTO contents (digest, size, crc32, deflated) VALUES ($1, $2, $3, $4)`,
			content, len(plain), crc32.ChecksumIEEE(plain), deflate(plain))
		if err != nil {
			return err
		}
	}
	executable := 0
	if info.Mode().Perm()&0o111 != 0 {
		executable = 1
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO bundle_files (bundle, path, executable, content) VALUES ($1, $2, $3, $4)`, bundle, path, executable, content)
	return err
}

func deflate(plain []byte) []byte {
	var deflated bytes.Buffer
	writer, err := flate.NewWriter(&deflated, flate.DefaultCompression)
	if err != nil {
		panic(err) // only a level that does not exist is refused
	}
	_, _ = writer.Write(plain) // a bytes.Buffer takes everything
	_ = writer.Close()
	return deflated.Bytes()
}

// Files gives the files of a bundle back, in memory, with their executable bits;
// fs.ErrNotExist where the store does not have them.
func (s *Store) Files(ctx context.Context, digest string) (fs.FS, error) {
	known, err := s.hasFiles(ctx, digest)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, fmt.Errorf("files %s: %w", digest, fs.ErrNotExist)
	}
	// The contents are deflated as they lie in a zip archive, whose reader is a file
	// system already: it reads lazily and checks what it reads.
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	rows, err := s.read.QueryContext(ctx, `
		SELECT bundle_files.path, bundle_files.executable, contents.size, contents.crc32, contents.deflated
		FROM bundle_files JOIN contents ON contents.digest = bundle_files.content WHERE bundle_files.bundle = $1 ORDER BY bundle_files.path`, digest)
	err = each(rows, err, func(rows *sql.Rows) error {
		header := zip.FileHeader{Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)} // the first day of zip
		var executable bool
		var deflated []byte
		if err := rows.Scan(&header.Name, &executable, &header.UncompressedSize64, &header.CRC32, &deflated); err != nil {
			return err
		}
		header.CompressedSize64 = uint64(len(deflated))
		header.SetMode(0o644)
		if executable {
			header.SetMode(0o755)
		}
		file, err := writer.CreateRaw(&header)
		if err != nil {
			return err
		}
		_, err = io.Copy(file, bytes.NewReader(deflated))
		return err
	})
	if err == nil {
		err = writer.Close()
	}
	if err != nil {
		return nil, s.failed(ctx, "files "+digest, err)
	}
	return zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
}
