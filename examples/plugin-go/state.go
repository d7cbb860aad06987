package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// spec is what a step asks for.
type spec struct {
	Server   string `json:"server"`
	Name     string `json:"name"`
	Password string `json:"password,omitempty"`
	Limit    int    `json:"limit"`
}

// state is what was made, or was about to be: it is kept before anything is done, so that
// nothing is ever made that is not known.
type state struct {
	Name     string `json:"name"`
	Next     string `json:"next,omitempty"` // the name that it was being given
	Password string `json:"password"`
	Limit    int    `json:"limit"`
}

// names that PostgreSQL takes without quotes, so that they are the same in every client.
// Source: PostgreSQL 15 documentation, 4.1.1 Identifiers and Key Words.
var names = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// specOf reads the inputs; what is wrong with them comes as one list of problems.
func specOf(req *provisioner.Request) (spec, error) {
	problems := undeclared(req)
	wrong := func(name, message, hint string) {
		problems.Add(tenon.Problem{Rule: "postgres-input", Path: tenon.At("inputs", name), Message: message, Hint: hint})
	}
	wanted := spec{Limit: -1}
	var err error
	if wanted.Server, err = serverOf(req); err != nil {
		problems.AddError("postgres-input", err)
	}
	name, isText := req.Inputs["name"].(string)
	switch {
	case !isText:
		wrong("name", "must be a text", "")
	case !names.MatchString(name):
		wrong("name", fmt.Sprintf("%q is not a name for a database", name), "lower case letters, digits and _, at most 63, no digit first")
	}
	wanted.Name = name
	if v, given := req.Inputs["password"]; given && v != nil {
		if wanted.Password, isText = v.(string); !isText || wanted.Password == "" {
			wrong("password", "must be a text that is not empty", "")
		}
	}
	if v, given := req.Inputs["connectionLimit"]; given && v != nil {
		var number json.Number
		text, err := json.Marshal(v)
		if err == nil {
			err = json.Unmarshal(text, &number)
		}
		limit, failed := number.Int64()
		if wanted.Limit = int(limit); err != nil || failed != nil || limit < -1 || limit > 1<<20 {
			wrong("connectionLimit", "must be a whole number of at least -1", "")
		}
	}
	return wanted, problems.Err()
}

// serverOf never says what it has read: there is a password in it.
func serverOf(req *provisioner.Request) (string, error) {
	address, _ := req.Inputs["server"].(string)
	if _, err := pgx.ParseConfig(address); err != nil || address == "" {
		return "", tenon.Problem{
			Rule: "postgres-input", Path: tenon.At("inputs", "server"),
			Message: "is not the address of a PostgreSQL server", Hint: "postgres://USER:PASSWORD@HOST:PORT/DATABASE",
		}
	}
	return address, nil
}

// undeclared are the inputs that a step has and this driver does not know. Implicit inputs
// are everything that an instance has: there they are meant for others.
func undeclared(req *provisioner.Request) (problems tenon.Problems) {
	var known []string
	for _, v := range declared.Inputs {
		known = append(known, v.Name)
	}
	for name := range req.Inputs {
		if !req.Implicit && !slices.Contains(known, name) {
			problems.Add(tenon.Problem{Rule: "postgres-input", Path: tenon.At("inputs", name), Message: "there is no such input", Hint: tenon.DidYouMean(name, known)})
		}
	}
	return problems
}

func readState(ctx context.Context, req *provisioner.Request) (*state, []byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("it was interrupted: %w", err)
	}
	if req.Mode != "" && req.Mode != provisioner.Apply && req.Mode != provisioner.Destroy {
		return nil, nil, fmt.Errorf("%w: the mode %q", provisioner.ErrUnsupported, req.Mode)
	}
	if req.State == nil {
		return nil, nil, errors.New("the request has no state to read and write")
	}
	text, err := req.State.Read(ctx)
	if err != nil || len(text) == 0 {
		return nil, nil, err
	}
	known := &state{}
	if err := json.Unmarshal(text, known); err != nil || known.Name == "" {
		return nil, nil, errors.New("the state is not one that this driver wrote")
	}
	return known, text, nil
}

// writeState keeps the state, also after a cancel: what was made is not forgotten.
func writeState(ctx context.Context, req *provisioner.Request, known *state) error {
	var text []byte
	if known != nil {
		var err error
		if text, err = json.Marshal(known); err != nil {
			return err
		}
	}
	if err := req.State.Write(context.WithoutCancel(ctx), text); err != nil {
		return fmt.Errorf("the state cannot be kept: %w", err)
	}
	return nil
}

func (s *state) outputs(at *server) map[string]provisioner.Output {
	if s == nil {
		return map[string]provisioner.Output{}
	}
	return map[string]provisioner.Output{
		"host": {Value: at.host}, "port": {Value: json.Number(fmt.Sprint(at.port))},
		"database": {Value: s.Name}, "username": {Value: s.Name}, "password": {Value: s.Password, Sensitive: true},
	}
}

// savedPlan is a plan to be applied exactly: what was asked for, and on which state.
type savedPlan struct {
	Before string `json:"before"`
	Wanted spec   `json:"wanted"`
}

func (p savedPlan) encode() ([]byte, error) { return json.Marshal(p) }

// restore gives what is to be applied: the saved plan, or what the request asks for.
func restore(req *provisioner.Request, text []byte) (spec, error) {
	if req.Saved == nil {
		if req.Mode == provisioner.Destroy {
			server, err := serverOf(req)
			return spec{Server: server}, err
		}
		return specOf(req)
	}
	plan := savedPlan{}
	decoder := json.NewDecoder(bytes.NewReader(req.Saved))
	if err := decoder.Decode(&plan); err != nil || plan.Before == "" {
		return spec{}, errors.New("the saved plan is not one that this driver made")
	}
	if plan.Before != digest(text) {
		return spec{}, errors.New("the saved plan is stale: the state has changed since it was made")
	}
	return plan.Wanted, nil
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// newPassword is made of letters and digits, which no client has to escape.
func newPassword() string { return rand.Text() }
