package artifacts

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/osteele/liquid"

	"github.com/tenon-sdk/tenon/internal/source"
)

// What a Liquid template of a published definition may use. Assignments and replacing
// filters can make a large text out of a small one, and inclusion reads files.
var (
	liquidTags    = []string{"if", "elsif", "else", "endif", "unless", "endunless", "case", "when", "endcase", "for", "endfor", "comment", "endcomment", "raw", "endraw", "break", "continue"}
	liquidFilters = []string{"default", "upcase", "downcase", "capitalize", "strip", "lstrip", "rstrip", "escape", "url_encode", "url_decode", "join", "first", "last", "size", "split", "append", "prepend", "strip_newlines", "truncate", "compact", "uniq", "sort"}

	liquidTag    = regexp.MustCompile(`\{%-?\s*([a-z_]+)([^%]*)`)
	liquidObject = regexp.MustCompile(`\{\{-?(.*?)-?\}\}`)
	liquidQuoted = regexp.MustCompile(`"[^"]*"|'[^']*'`)
	liquidFilter = regexp.MustCompile(`\|\s*([a-z_]+)`)
)

const (
	maxFilters = 8 // in a row
	maxLoops   = 2 // in one another
)

type liquidTemplate struct{ parsed *liquid.Template }

func parseLiquid(text string) (*liquidTemplate, error) {
	loops := 0
	for _, tag := range liquidTag.FindAllStringSubmatch(text, -1) {
		switch name := tag[1]; {
		case !slices.Contains(liquidTags, name):
			return nil, fmt.Errorf("a template of an export cannot use the tag %q", name)
		case name == "for":
			if loops++; loops > maxLoops {
				return nil, fmt.Errorf("a template of an export has at most %d loops in one another", maxLoops)
			}
			if strings.Contains(liquidQuoted.ReplaceAllString(tag[2], ""), "..") {
				return nil, errors.New("a template of an export loops over lists only")
			}
		case name == "endfor":
			loops--
		}
		if err := checkFilters(tag[2]); err != nil {
			return nil, err
		}
	}
	for _, object := range liquidObject.FindAllStringSubmatch(text, -1) {
		if err := checkFilters(object[1]); err != nil {
			return nil, err
		}
	}
	parsed, err := liquid.NewEngine().ParseString(text)
	if err != nil {
		return nil, fmt.Errorf("the template does not parse: %s", err.Error())
	}
	return &liquidTemplate{parsed}, nil
}

func checkFilters(text string) error {
	used := liquidFilter.FindAllStringSubmatch(liquidQuoted.ReplaceAllString(text, `""`), -1)
	if len(used) > maxFilters {
		return fmt.Errorf("a template of an export has at most %d filters in a row", maxFilters)
	}
	for _, filter := range used {
		if !slices.Contains(liquidFilters, filter[1]) {
			return fmt.Errorf("a template of an export cannot use the filter %q", filter[1])
		}
	}
	return nil
}

// render makes the text; the document is what the template calls artifact.
func (t *liquidTemplate) render(document any) (content []byte, err error) {
	defer func() {
		if recover() != nil {
			content, err = nil, &ExportError{Reason: "the template does not suit the values of the artifact"}
		}
	}()
	out := &bounded{}
	if failed := t.parsed.FRender(out, liquid.Bindings{"artifact": document}); failed != nil {
		if errors.Is(failed, errTooMuch) || out.Len() >= maxExport {
			return nil, &ExportError{Reason: fmt.Sprintf("it takes more than %d bytes", maxExport)}
		}
		return nil, &ExportError{Reason: "the template does not suit the values of the artifact"}
	}
	return out.Bytes(), nil
}

var noWord = regexp.MustCompile(`[^a-z0-9]+`)

// publishedExports reads $md.export.
func (a *assembly) publishedExports(object map[string]any, at *source.Node) (exports []Export) {
	block, ok := mdOf(object, "export")
	list, isList := block.([]any)
	if ok && !isList {
		a.problems.Add(at.Problem("bad-export", "$md.export must be a list", ""))
	}
	for i, item := range list {
		entry, _ := item.(map[string]any)
		bad := func(message string) {
			a.problems.Add(at.Problem("bad-export", fmt.Sprintf("$md.export[%d]: %s", i, message), ""))
		}
		text, isText := entry["template"].(string)
		if !isText {
			bad("has no template")
			continue
		}
		if language, _ := entry["templateLang"].(string); language != "" && language != "liquid" {
			bad(fmt.Sprintf("the language %q is not known: there is liquid", language))
			continue
		}
		if decoded, err := base64.StdEncoding.DecodeString(text); err == nil {
			text = string(decoded)
		}
		template, err := parseLiquid(text)
		if err != nil {
			bad(err.Error())
			continue
		}
		label, _ := entry["downloadButtonText"].(string)
		name := strings.Trim(noWord.ReplaceAllString(strings.ToLower(label), "-"), "-")
		if name == "" {
			name = fmt.Sprintf("export-%d", i+1)
		}
		format, _ := entry["fileFormat"].(string)
		if format = noWord.ReplaceAllString(strings.ToLower(format), ""); format == "" {
			format = "txt"
		}
		exports = append(exports, Export{Name: name, File: name + "." + format, Label: label, render: template.render})
	}
	return exports
}
