package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

const (
	margin = 11  // columns before the text of a section
	width  = 110 // columns of a line that can be broken
)

// screen prints the story in sections and, as a deploy.Sink, the progress of a run: in
// place on a terminal, a line for each finished instance elsewhere.
type screen struct {
	w        io.Writer
	terminal bool // can be drawn on in place
	colored  bool

	mu      sync.Mutex
	running []string // instances, in the order of their start
	valid   map[string][]string
	drawn   bool
}

func newScreen(f *os.File) *screen {
	terminal := term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
	return &screen{w: f, terminal: terminal, colored: terminal && os.Getenv("NO_COLOR") == "", valid: map[string][]string{}}
}

func (s *screen) title(format string, values ...any) {
	fmt.Fprintln(s.w, s.bold(fmt.Sprintf(format, values...)))
}

// section begins a part of the story with its name in the margin.
func (s *screen) section(name, format string, values ...any) {
	fmt.Fprintf(s.w, "%s%s\n", s.bold(fmt.Sprintf("%-*s", margin, name)), fmt.Sprintf(format, values...))
}

func (s *screen) line(format string, values ...any) {
	text := fmt.Sprintf(format, values...)
	fmt.Fprintln(s.w, strings.TrimRight(strings.Repeat(" ", margin)+text, " "))
}

// block prints a text of several lines.
func (s *screen) block(text string) {
	for text := range strings.Lines(text) {
		s.line("%s", strings.TrimRight(text, "\n"))
	}
}

// wrapped prints words in lines that are not too long.
func (s *screen) wrapped(words []string) {
	line := ""
	for _, word := range words {
		if line != "" && margin+3+utf8.RuneCountInString(line+" "+word) > width {
			s.line("   %s", line)
			line = ""
		}
		line = strings.TrimLeft(line+"  "+word, " ")
	}
	if line != "" {
		s.line("   %s", line)
	}
}

func (s *screen) bold(text string) string  { return s.paint("1", text) }
func (s *screen) dim(text string) string   { return s.paint("2", text) }
func (s *screen) green(text string) string { return s.paint("32", text) }
func (s *screen) red(text string) string   { return s.paint("31", text) }

func (s *screen) paint(code, text string) string {
	if !s.colored || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

var _ deploy.Sink = (*screen)(nil)
