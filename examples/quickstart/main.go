// Command quickstart tells the story of the SDK in one screen: it loads four bundles and
// two projects, lints, resolves, plans and deploys them with real Terraform modules, shows
// what came out, deploys again and has nothing to do.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart --destroy
//
// The modules need nothing but Terraform's built-in provider: nothing is downloaded, no
// account is needed. Without terraform and tofu on PATH the memory driver plays their part.
//
// Read story.go first: it is what a program does with the SDK. The files that it works on
// lie in estate/.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	destroy := flag.Bool("destroy", false, "destroy what the quickstart made")
	records := flag.String("state", "", "folder of the records (default .tenon/quickstart)")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "quickstart: unexpected argument %q\n", flag.Arg(0))
		return 2
	}
	if err := tell(ctx, newScreen(os.Stdout), *records, *destroy); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
