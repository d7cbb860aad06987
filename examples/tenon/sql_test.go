package main

import (
	"database/sql"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // the records, to be tampered with
)

// tamper changes records behind the back of the store: sql .tenon 'DELETE FROM audit'.
func tamper(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql FOLDER STATEMENT")
	}
	db, err := sql.Open("sqlite", filepath.Join(ts.MkAbs(args[0]), "tenon.db"))
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(err)
	ts.Check(db.Close())
}
