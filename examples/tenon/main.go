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

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx := interruptible()
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ()}
	os.Exit(a.run(ctx, os.Args[1:]))
}

// interruptible is a context that the first Ctrl-C cancels, so that what is running can
// stop cleanly. The second one leaves at once.
func interruptible() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(isNot)
	}()
	return ctx
}
