// Command tenon checks, plans, deploys and destroys typed environments.
//
//	tenon bundle lint bundles/postgres
//	tenon env plan . shop/dev
//	tenon env deploy . shop/dev
//
// It is made of nothing but the SDK, so it can be read to see how the packages compose:
// one file for each group of commands, estate.go for finding an estate, env.go for opening
// its records, watch.go and live.go for what is shown while a run goes on.
//
// The exit status is 0 when it is so, 1 when it is not (problems, a failed run) and 2 when
// the command could not run (usage, an unreadable file); env drift says 3 where something has
// drifted. Problems go to stderr, one a line
// as file:line:col: path: message; with --json they stand in the document on stdout.
package main

import "os"

func main() {
	ctx, stages := interruptible()
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ(), stages: stages}
	os.Exit(a.run(ctx, os.Args[1:]))
}
