package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/tagging"
)

// Instance is what was last applied at an address. Params, inputs, outputs, driver
// configuration, artifact data and environment variables are sealed in the store and plain
// here.
type Instance struct {
	Address, Environment, Component string
	Bundle, Version                 string
	Files                           string // digest of the bundle's files
	Status                          string // deployed, failed, unknown, destroyed
	Digest                          string // of all inputs, keyed
	Protected                       bool   // its environment was protected then
	Deployment                      string
	Applied                         time.Time
	DependsOn                       []string // instance addresses whose artifacts it uses, other environments' too
	Uses                            []string // addresses of the artifacts in its slots
	Metadata                        tagging.Metadata
	Params                          map[string]any // merged
	Steps                           []Step
	Artifacts                       map[string]Artifact
	Env                             map[string]EnvVar
	Sealed                          bool // read without the key: the values are not there
}

// Step is one step as it was last applied.
type Step struct {
	Name, Path, Driver, DriverVersion string
	Tool                              string // terraform 1.11.4
	Status                            string // empty: never run; done, failed, unknown, destroyed
	KeepOnDestroy                     bool
	Digest                            string // of the step's inputs
	Files                             string // digest of the bundle's files that it was run with
	Implicit                          bool
	Connections, Secret               []string // names of inputs that are whole artifacts, and that hold secrets
	Inputs                            map[string]any
	Config                            map[string]any
	Providers                         map[string]Provider // by local name and alias
	Outputs                           map[string]provisioner.Output
}

// Provider says where a step's provider takes its account from. The credentials are those of
// the artifact when they are needed; only of an import, which is in no record of its own, they
// are kept, sealed with the inputs.
type Provider struct {
	From     string // address of the artifact
	Type     string // its name
	Settings map[string]any
	Data     any      `json:",omitempty"` // of an import
	Secret   []string `json:",omitempty"` // JSON pointers into Data
}

// EnvVar is an environment variable for the app of an instance.
type EnvVar struct {
	Value  string
	Secret bool
}

// SaveInstance replaces the record of an address, keeps it as what this deployment left
// there, and adds to the history of each artifact that changed. Attempts are recorded in the
// same write, as SaveAttempt does.
func (l *Lease) SaveInstance(ctx context.Context, i Instance, attempts ...Attempt) error {
	return l.update(ctx, "save instance "+i.Address, func(tx *transaction, now time.Time) error {
		if err := l.owns(i.Address); err != nil {
			return err
		}
		row, err := l.store.seals(&i)
		if err != nil {
			return err
		}
		if err := l.writeAttempts(ctx, tx, attempts, now); err != nil {
			return err
		}
		if i.Deployment != "" {
			if err := row.keep(ctx, tx); err != nil {
				return err
			}
		}
		return l.store.put(ctx, tx, row, now)
	})
}

// put writes everything that a current record is made of, in place of what is there.
func (s *Store) put(ctx context.Context, tx *transaction, row record, now time.Time) error {
	i := row.Instance
	if err := row.write(ctx, tx); err != nil {
		return err
	}
	if err := writeUses(ctx, tx, i); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM artifacts WHERE instance = $1`, i.Address); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(i.Artifacts)) {
		if err := s.writeArtifact(ctx, tx, i, name, now); err != nil {
			return err
		}
	}
	return nil
}

// Forget removes what was destroyed: record, driver states, saved plans and artifacts of
// an address. History stays. Attempts are recorded in the same write, as SaveAttempt does.
func (l *Lease) Forget(ctx context.Context, address string, attempts ...Attempt) error {
	return l.update(ctx, "forget "+address, func(tx *transaction, now time.Time) error {
		if err := l.owns(address); err != nil {
			return err
		}
		if err := l.writeAttempts(ctx, tx, attempts, now); err != nil {
			return err
		}
		return remove(ctx, tx, address)
	})
}

// remove removes all that is current at an address.
func remove(ctx context.Context, tx *transaction, address string) error {
	for _, statement := range []string{
		`DELETE FROM instances WHERE address = $1`,
		`DELETE FROM uses WHERE instance = $1`,
		`DELETE FROM artifacts WHERE instance = $1`,
		`DELETE FROM states WHERE address = $1`,
		`DELETE FROM plans WHERE address = $1`,
	} {
		if _, err := tx.ExecContext(ctx, statement, address); err != nil {
			return err
		}
	}
	return nil
}

// Instances gives the records of an environment by address, all where it is empty.
func (s *Store) Instances(ctx context.Context, environment string) ([]Instance, error) {
	list, err := s.instances(ctx, s.read, `FROM instances WHERE environment = $1 OR $1 = '' ORDER BY address`, environment)
	return list, s.failed(ctx, "instances of "+environment, err)
}

// Instance gives the record of an address, nil where there is none.
func (s *Store) Instance(ctx context.Context, address string) (*Instance, error) {
	list, err := s.instances(ctx, s.read, `FROM instances WHERE address = $1`, address)
	if err != nil || len(list) == 0 {
		return nil, s.failed(ctx, "instance "+address, err)
	}
	return &list[0], nil
}

// Deployed gives the records of instances as a deployment left them, by address.
func (s *Store) Deployed(ctx context.Context, deployment string) ([]Instance, error) {
	list, err := s.instances(ctx, s.read, `FROM deployed WHERE deployment = $1 ORDER BY address`, deployment)
	return list, s.failed(ctx, "instances of deployment "+deployment, err)
}

// Users gives the instances outside an environment that use an artifact of it: address of
// the user to addresses of artifacts, sorted.
func (s *Store) Users(ctx context.Context, environment string) (map[string][]string, error) {
	users := map[string][]string{}
	rows, err := s.read.QueryContext(ctx, `
		SELECT uses.instance, uses.used FROM uses JOIN instances ON instances.address = uses.instance
		WHERE uses.environment = $1 AND uses.kind = 'artifact' AND instances.environment <> $1 ORDER BY uses.instance, uses.used`, environment)
	err = each(rows, err, func(rows *sql.Rows) error {
		var user, used string
		err := rows.Scan(&user, &used)
		users[user] = append(users[user], used)
		return err
	})
	return users, s.failed(ctx, "users of "+environment, err)
}

func writeUses(ctx context.Context, tx *transaction, i *Instance) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM uses WHERE instance = $1`, i.Address); err != nil {
		return err
	}
	for kind, list := range map[string][]string{"artifact": i.Uses, "instance": i.DependsOn} {
		for _, used := range list {
			_, err := tx.ExecContext(ctx, `INSERT INTO uses (instance, kind, used, environment) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
				i.Address, kind, used, environmentOf(used))
			if err != nil {
				return fmt.Errorf("uses %s: %w", used, err)
			}
		}
	}
	return nil
}
