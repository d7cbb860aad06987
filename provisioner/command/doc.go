// Package command drives any program: a script of a bundle, or a tool of this machine that
// an operator wraps. What it is asked for stands in files, and so does its answer: the
// contract that container-based provisioners use.
//
//	steps:
//	  - name: main
//	    path: src
//	    driver: command
//	    config: {command: [./database.sh]}
//
//	drivers := provisioner.Drivers{"command": command.New(&command.Options{Environ: os.Environ()})}
//
// # What the program gets
//
// It is run in a private copy of the step's folder with an action as its last argument:
// apply, destroy, and those that the step's config lists under actions. TENON_FILES is a
// folder with these files, JSON objects, all with mode 0600 and gone after the run:
//
//	params.json       inputs that are no connection and hold no secret
//	connections.json  inputs that are the artifact of a connection, secrets and all
//	secrets.json      the other inputs that hold secrets
//	providers.json    credentials, by name: type, data, settings
//	metadata.json     organization, project, environment, …, name_prefix, tags
//	config.json       config.settings of the step
//	previous.json     outputs of the last run, in the form of outputs.json
//	plan.json         what it wrote when it planned, where that plan is applied
//	replace.json      addresses of resources to be made anew, where there are some
//	state             what it wrote there the last time, where it did
//
// TENON_ACTION is the action, TENON_MODE what a plan is for (apply or destroy), TENON_DEPLOYMENT, TENON_TIME and TENON_REQUESTED_BY say who
// runs it. Of the caller's environment it gets what any program needs, and what
// Options.Pass names.
//
// # What it answers
//
//	outputs.json   after apply: {"host": {"value": "db.internal"}, "password": {"value": "…", "sensitive": true}}
//	plan.json      after plan: {"changes": [{"address": "db", "type": "database", "action": "create"}], "outputs": {…}}
//	               after drift: the same, of what is not as it was applied
//	changes.json   after apply and destroy, where it tells what it did: [{"address": …}]
//	problems.json  at any time: [{"rule": "size", "message": "…", "path": "inputs.size", "severity": "warning"}]
//	state          what it wants back the next time; write it whole: beside it, and rename
//
// What it writes to standard output and standard error is logged. Status 0 is done, 75 is
// failed for now (try again; sysexits.h, EX_TEMPFAIL), 65 is refused with nothing done
// (EX_DATAERR), any other is failed.
//
// With protocol: stdio it gets one document on standard input instead, an object with the
// keys action and mode and the names above without .json, and writes one object with its answers to
// standard output; state is any document then. Standard error is logged.
//
// # What it has to keep
//
// apply makes what is asked for, or brings what is there to it: it is run again after a
// failure, after a crash, and whenever the step is applied. destroy is asked only of what
// was once asked to be made, and is done when nothing is there. SIGTERM, to it and all that
// it started, asks to stop; after Options.Grace they are killed. A program that dies of a
// signal in the middle, or with its host, leaves the outcome unknown until Recover has
// waited for it and looked at what it wrote.
//
// A program that does not list plan is planned by what its inputs were: the step is one
// resource of its name. One that does names its own resources, and lists replace where it
// can make them anew.
//
// # What is not seen
//
// A program that is not a file of the bundle is not in the digest of the step: a new version
// of it changes nothing until something else does. The time limit of a run counts on after
// its host has died, but only Recover ends it. Programs need a Unix.
package command
