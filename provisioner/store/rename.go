package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Rename moves the record, driver states and artifacts at an address to another, which
// must be free, and changes the records that refer to it. History keeps the names of its
// time, saved plans are dropped. An address with an unfinished step is not moved: what was
// left behind lies under its name.
func (l *Lease) Rename(ctx context.Context, from, to string) error {
	return l.update(ctx, fmt.Sprintf("rename %s to %s", from, to), func(tx *transaction, now time.Time) error {
		i, err := l.movable(ctx, tx, from, "")
		if err != nil {
			return err
		}
		if err := l.owns(to); err != nil {
			return err
		}
		taken, err := l.store.instances(ctx, tx, `FROM instances WHERE address = $1`, to)
		if err == nil && len(taken) > 0 {
			err = fmt.Errorf("there is an instance at %s", to)
		}
		if err != nil {
			return err
		}
		states, err := l.store.statesOf(ctx, tx, from)
		if err != nil {
			return err
		}
		if err := remove(ctx, tx, from); err != nil {
			return err
		}
		i.Address, i.Component = to, to[len(l.environment)+1:]
		if err := l.store.replace(ctx, tx, i, now); err != nil {
			return err
		}
		for _, step := range slices.Sorted(maps.Keys(states)) {
			if err := l.store.putState(ctx, tx, to, step, states[step], now); err != nil {
				return err
			}
		}
		return l.store.refer(ctx, tx, from, to, now)
	})
}

// RenameStep moves a step of an instance, with its driver state, to a name that must be
// free.
func (l *Lease) RenameStep(ctx context.Context, address, from, to string) error {
	return l.update(ctx, fmt.Sprintf("rename step %s of %s to %s", from, address, to), func(tx *transaction, now time.Time) error {
		i, err := l.movable(ctx, tx, address, from)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(i.Steps, func(step Step) bool { return step.Name == from })
		switch {
		case at < 0:
			return fmt.Errorf("it has no step %s", from)
		case slices.ContainsFunc(i.Steps, func(step Step) bool { return step.Name == to }):
			return fmt.Errorf("it has a step %s", to)
		}
		i.Steps[at].Name = to
		states, err := l.store.statesOf(ctx, tx, address)
		if err != nil {
			return err
		}
		for _, table := range []string{"states", "plans"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE address = $1 AND step = $2`, address, from); err != nil {
				return err
			}
		}
		if state, found := states[from]; found {
			if err := l.store.putState(ctx, tx, address, to, state, now); err != nil {
				return err
			}
		}
		return l.store.replace(ctx, tx, i, now)
	})
}

// movable gives the record of an address of which no step (or not this one) is
// unfinished.
func (l *Lease) movable(ctx context.Context, tx *transaction, address, step string) (*Instance, error) {
	if err := l.owns(address); err != nil {
		return nil, err
	}
	open, err := l.store.entries(ctx, tx, `address = $1 AND `+unsettled, address)
	if err != nil {
		return nil, err
	}
	for _, entry := range open {
		if step == "" || entry.Step == step {
			return nil, fmt.Errorf("nobody knows yet how its step %s ended (resume first)", entry.Step)
		}
	}
	found, err := l.store.instances(ctx, tx, `FROM instances WHERE address = $1`, address)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("there is no instance at %s", address)
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// replace writes a record whose names changed; what deployments left stays as it was.
func (s *Store) replace(ctx context.Context, tx *transaction, i *Instance, now time.Time) error {
	row, err := s.seals(i)
	if err != nil {
		return err
	}
	return s.put(ctx, tx, row, now)
}

// refer changes the records that depend on from, or use its artifacts. They keep the
// deployment that applied them.
func (s *Store) refer(ctx context.Context, tx *transaction, from, to string, now time.Time) error {
	rows, err := tx.QueryContext(ctx, `SELECT DISTINCT instance FROM uses WHERE used = $1 OR substr(used, 1, length($1) + 1) = $1 || '.' ORDER BY instance`, from)
	users, err := column[string](rows, err)
	if err != nil {
		return err
	}
	for _, user := range users {
		found, err := s.instances(ctx, tx, `FROM instances WHERE address = $1`, user)
		if err != nil {
			return err
		}
		for at := range found {
			i := &found[at]
			for _, list := range [][]string{i.DependsOn, i.Uses} {
				for at, used := range list {
					if used == from || strings.HasPrefix(used, from+".") {
						list[at] = to + used[len(from):]
					}
				}
				slices.Sort(list)
			}
			if err := s.replace(ctx, tx, i, now); err != nil {
				return err
			}
		}
	}
	return nil
}
