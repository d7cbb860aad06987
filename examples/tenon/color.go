package main

import (
	"os"
	"strings"

	"golang.org/x/term"
)

const reset = "\x1b[0m"

func red(text string) string    { return "\x1b[31m" + text + reset }
func green(text string) string  { return "\x1b[32m" + text + reset }
func yellow(text string) string { return "\x1b[33m" + text + reset }
func dim(text string) string    { return "\x1b[2m" + text + reset }

// plain takes colours out of a text.
var plain = strings.NewReplacer("\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[2m", "", reset, "")

// isTerminal says that stdout is a terminal that can be drawn on.
func (a *app) isTerminal() bool {
	f, ok := a.stdout.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && a.getenv("TERM") != "dumb"
}

// colored says that colours are wanted: --color, else a terminal without NO_COLOR.
// Source: no-color.org: any value that is not empty switches colours off.
func (a *app) colored() bool {
	if a.color != "auto" {
		return a.color == "always"
	}
	return a.isTerminal() && a.getenv("NO_COLOR") == ""
}
