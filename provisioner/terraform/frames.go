package terraform

import (
	"regexp"
	"strconv"
	"strings"
)

// Commands without machine-readable output (init, import, state) write their diagnostics
// for people:
//
//	Error: Unsupported argument
//
//	  with aws_vpc.main,
//	  on main.tf line 3, in resource "aws_vpc" "main":
//	   3:   name = "x"
//
//	An argument named "name" is not expected here.

var (
	unframed    = strings.NewReplacer("╷", "", "│", "", "╵", "", "\r", "")
	frameStart  = regexp.MustCompile(`^(Error|Warning): (.*)`)
	framePlace  = regexp.MustCompile(`^  on (\S+) line (\d+)(?:, in .*)?:$`)
	frameOwner  = regexp.MustCompile(`^  with (.+),$`)
	frameSource = regexp.MustCompile(`^ +\d+: `)
)

// framed reads diagnostics as people see them.
func framed(text string) []*diagnostic {
	var found []*diagnostic
	var current *diagnostic
	placed := false // its source is shown
	for line := range strings.Lines(unframed.Replace(text)) {
		line = strings.TrimRight(line, " \n")
		line = strings.TrimPrefix(line, " ") // what stood beside the frame
		if start := frameStart.FindStringSubmatch(strings.TrimSpace(line)); start != nil {
			current = &diagnostic{Severity: strings.ToLower(start[1]), Summary: start[2]}
			found, placed = append(found, current), false
			continue
		}
		if current == nil {
			continue
		}
		// The frame may have had a blank beside it, which is gone, or none.
		shifted := " " + line
		switch {
		case framePlace.MatchString(line), framePlace.MatchString(shifted):
			at := framePlace.FindStringSubmatch("  " + strings.TrimLeft(line, " "))
			placed = true
			if !strings.HasPrefix(at[1], "<") { // a text of the command line
				current.Range = &span{Filename: at[1]}
				current.Range.Start.Line, _ = strconv.Atoi(at[2])
			}
		case frameOwner.MatchString(line), frameOwner.MatchString(shifted):
			current.Address = frameOwner.FindStringSubmatch("  " + strings.TrimLeft(line, " "))[1]
		case placed && frameSource.MatchString(shifted):
		default:
			current.Detail += line + "\n"
		}
	}
	return found
}
