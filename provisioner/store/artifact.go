package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Artifact is what an instance hands to others.
type Artifact struct {
	Type, Version string
	Digest        string   // keyed
	Sensitive     []string // JSON pointers into Data, for display
	Data          any
	Sealed        bool // read without the key: Data is not there
}

// ArtifactVersion is an artifact as it was once.
type ArtifactVersion struct {
	Artifact
	Deployment string
	Recorded   time.Time
}

// Artifact gives the artifact at an address such as shop/dev.db.database, nil where there
// is none.
func (s *Store) Artifact(ctx context.Context, address string) (*Artifact, error) {
	found, err := s.artifacts(ctx, `WHERE address = $1`, address)
	if artifact, ok := found[address]; ok && err == nil {
		return &artifact, nil
	}
	return nil, s.failed(ctx, "artifact "+address, err)
}

// Artifacts gives all artifacts by address.
func (s *Store) Artifacts(ctx context.Context) (map[string]Artifact, error) {
	found, err := s.artifacts(ctx, ``)
	return found, s.failed(ctx, "artifacts", err)
}

// ArtifactHistory gives what an artifact was, oldest first: an element for each change.
// Its address is the one it had then.
func (s *Store) ArtifactHistory(ctx context.Context, address string) (list []ArtifactVersion, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT type, version, digest, sensitive, sealed, deployment, recorded FROM artifact_history WHERE address = $1 ORDER BY id`, address)
	err = each(rows, err, func(rows *sql.Rows) error {
		var v ArtifactVersion
		var sealed []byte
		err := rows.Scan(&v.Type, &v.Version, &v.Digest, jsonText{&v.Sensitive}, &sealed, &v.Deployment, textTime{&v.Recorded})
		if err == nil {
			err = s.openArtifact(&v.Artifact, address, sealed)
		}
		list = append(list, v)
		return err
	})
	return list, s.failed(ctx, "history of artifact "+address, err)
}

func (s *Store) artifacts(ctx context.Context, where string, arguments ...any) (map[string]Artifact, error) {
	found := map[string]Artifact{}
	rows, err := s.read.QueryContext(ctx, `SELECT address, type, version, digest, sensitive, sealed FROM artifacts `+where, arguments...)
	err = each(rows, err, func(rows *sql.Rows) error {
		var address string
		var a Artifact
		var sealed []byte
		err := rows.Scan(&address, &a.Type, &a.Version, &a.Digest, jsonText{&a.Sensitive}, &sealed)
		if err == nil {
			err = s.openArtifact(&a, address, sealed)
		}
		found[address] = a
		return err
	})
	return found, err
}

func (s *Store) openArtifact(a *Artifact, address string, sealed []byte) error {
	if s.vault == nil {
		a.Sealed = true
		return nil
	}
	plain, err := s.unseal("artifact", address, sealed)
	if err != nil {
		return err
	}
	return decode(plain, &a.Data)
}

// writeArtifact writes an artifact of an instance, and its history where it changed.
func (s *Store) writeArtifact(ctx context.Context, tx *transaction, i *Instance, name string, now time.Time) error {
	a, address := i.Artifacts[name], i.Address+"."+name
	data, err := encode(a.Data)
	if err != nil {
		return err
	}
	sensitive, err := encode(a.Sensitive)
	if err != nil {
		return err
	}
	whole, err := encode([]any{a.Type, a.Version, a.Digest, string(sensitive), string(data)})
	if err != nil {
		return err
	}
	fingerprint := s.MAC(projectOf(address), whole)
	sealed, err := s.seal("artifact", address, data)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO artifacts (address, instance, type, version, digest, sensitive, fingerprint, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		address, i.Address, a.Type, a.Version, a.Digest, string(sensitive), fingerprint, sealed)
	if err != nil {
		return err
	}
	var before string
	err = tx.QueryRowContext(ctx, `SELECT fingerprint FROM artifact_history WHERE address = $1 ORDER BY id DESC LIMIT 1`, address).Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) || before == fingerprint {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO artifact_history (address, deployment, recorded, type, version, digest, sensitive, fingerprint, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		address, i.Deployment, timeText(now), a.Type, a.Version, a.Digest, string(sensitive), fingerprint, sealed)
	return err
}
