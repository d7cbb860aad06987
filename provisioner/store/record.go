package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/tagging"
)

// outline is what may be read of an instance without the key.
type outline struct {
	DependsOn, Uses []string
	Protected       bool
	Metadata        tagging.Metadata
	Steps           []stepOutline
	Artifacts       map[string]artifactOutline
	Env             map[string]bool // name: is it secret
}

type stepOutline struct {
	Name, Path, Driver, DriverVersion, Tool, Status, Digest, Files string
	KeepOnDestroy, Implicit                                        bool
	Connections                                                    []string `json:",omitempty"`
	Secret                                                         []string
}

type artifactOutline struct {
	Type, Version, Digest string
	Sensitive             []string
}

// contents is the rest.
type contents struct {
	Params    map[string]any
	Steps     []stepContents // in the order of the outline
	Artifacts map[string]any
	Env       map[string]string
}

type stepContents struct {
	Inputs, Config map[string]any
	Providers      map[string]Provider `json:",omitempty"`
	Outputs        map[string]provisioner.Output
}

func split(i *Instance) (o outline, c contents) {
	o = outline{DependsOn: i.DependsOn, Uses: i.Uses, Protected: i.Protected, Metadata: i.Metadata}
	c.Params = i.Params
	for _, step := range i.Steps {
		o.Steps = append(o.Steps, stepOutline{
			Name: step.Name, Path: step.Path, Driver: step.Driver, DriverVersion: step.DriverVersion, Tool: step.Tool, Status: step.Status,
			Digest: step.Digest, Files: step.Files, KeepOnDestroy: step.KeepOnDestroy, Implicit: step.Implicit, Connections: step.Connections, Secret: step.Secret,
		})
		c.Steps = append(c.Steps, stepContents{Inputs: step.Inputs, Config: step.Config, Providers: step.Providers, Outputs: step.Outputs})
	}
	if i.Artifacts != nil {
		o.Artifacts, c.Artifacts = map[string]artifactOutline{}, map[string]any{}
	}
	for name, artifact := range i.Artifacts {
		o.Artifacts[name] = artifactOutline{Type: artifact.Type, Version: artifact.Version, Digest: artifact.Digest, Sensitive: artifact.Sensitive}
		c.Artifacts[name] = artifact.Data
	}
	if i.Env != nil {
		o.Env, c.Env = map[string]bool{}, map[string]string{}
	}
	for name, variable := range i.Env {
		o.Env[name], c.Env[name] = variable.Secret, variable.Value
	}
	return o, c
}

// join is the way back; without contents everything of them stays empty.
func (i *Instance) join(o outline, c *contents) error {
	i.DependsOn, i.Uses, i.Protected, i.Metadata = o.DependsOn, o.Uses, o.Protected, o.Metadata
	i.Sealed = c == nil
	if c == nil {
		c = &contents{Steps: make([]stepContents, len(o.Steps))}
	}
	if len(c.Steps) != len(o.Steps) {
		return fmt.Errorf("%d steps, but values of %d", len(o.Steps), len(c.Steps))
	}
	i.Params = c.Params
	for at, step := range o.Steps {
		values := c.Steps[at]
		i.Steps = append(i.Steps, Step{
			Name: step.Name, Path: step.Path, Driver: step.Driver, DriverVersion: step.DriverVersion, Tool: step.Tool, Status: step.Status,
			Digest: step.Digest, Files: step.Files, KeepOnDestroy: step.KeepOnDestroy, Implicit: step.Implicit, Connections: step.Connections, Secret: step.Secret,
			Inputs: values.Inputs, Config: values.Config, Providers: values.Providers, Outputs: values.Outputs,
		})
	}
	if o.Artifacts != nil {
		i.Artifacts = map[string]Artifact{}
	}
	for name, artifact := range o.Artifacts {
		i.Artifacts[name] = Artifact{Type: artifact.Type, Version: artifact.Version, Digest: artifact.Digest, Sensitive: artifact.Sensitive,
			Data: c.Artifacts[name], Sealed: i.Sealed}
	}
	if o.Env != nil {
		i.Env = map[string]EnvVar{}
	}
	for name, secret := range o.Env {
		i.Env[name] = EnvVar{Value: c.Env[name], Secret: secret}
	}
	return nil
}

// record is an instance as its row.
type record struct {
	*Instance
	outline string
	sealed  []byte
}

func (s *Store) seals(i *Instance) (record, error) {
	o, c := split(i)
	readable, err := encode(o)
	if err != nil {
		return record{}, err
	}
	plain, err := encode(c)
	if err != nil {
		return record{}, err
	}
	sealed, err := s.seal("instance", i.Address, plain)
	return record{Instance: i, outline: string(readable), sealed: sealed}, err
}

const recordColumns = `address, environment, component, bundle, version, files, status, digest, deployment, applied, outline, sealed`

// write makes it the current record of its address.
func (r record) write(ctx context.Context, tx *transaction) error {
	return r.into(ctx, tx, `instances`, `address`)
}

// keep keeps it as what its deployment left at the address.
func (r record) keep(ctx context.Context, tx *transaction) error {
	return r.into(ctx, tx, `deployed`, `deployment, address`)
}

func (r record) into(ctx context.Context, tx *transaction, table, key string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (`+recordColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (`+key+`) DO UPDATE SET component = excluded.component, bundle = excluded.bundle, version = excluded.version,
			files = excluded.files, status = excluded.status, digest = excluded.digest, deployment = excluded.deployment,
			applied = excluded.applied, outline = excluded.outline, sealed = excluded.sealed`,
		r.Address, environmentOf(r.Address), r.Component, r.Bundle, r.Version, r.Files,
		r.Status, r.Digest, r.Deployment, timeText(r.Applied), r.outline, r.sealed)
	return err
}

// instances reads records; from is the query after its columns.
func (s *Store) instances(ctx context.Context, db querier, from string, argument string) (list []Instance, err error) {
	rows, err := db.QueryContext(ctx, `SELECT `+recordColumns+` `+from, argument)
	err = each(rows, err, func(rows *sql.Rows) error {
		var i Instance
		var o outline
		var sealed []byte
		err := rows.Scan(&i.Address, &i.Environment, &i.Component, &i.Bundle, &i.Version, &i.Files, &i.Status, &i.Digest, &i.Deployment,
			textTime{&i.Applied}, jsonText{&o}, &sealed)
		if err != nil {
			return err
		}
		var c *contents
		if s.vault != nil {
			c = &contents{}
			plain, err := s.unseal("instance", i.Address, sealed)
			if err != nil {
				return err
			}
			if err := decode(plain, c); err != nil {
				return err
			}
		}
		if err := i.join(o, c); err != nil {
			return fmt.Errorf("%s: %w", i.Address, err)
		}
		list = append(list, i)
		return nil
	})
	return list, err
}
