package artifacts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/osteele/liquid/filters"
	"github.com/osteele/liquid/parser"
	"github.com/osteele/liquid/render"
	"github.com/osteele/liquid/tags"
)

// What a Liquid template of a published definition may use. There is no inclusion, which
// reads files, and no assignment, with which a small text can be made into a large one.
var (
	liquidTags    = []string{"if", "elsif", "else", "endif", "unless", "endunless", "case", "when", "endcase", "for", "endfor", "comment", "endcomment", "raw", "endraw", "break", "continue"}
	liquidFilters = []string{"default", "upcase", "downcase", "capitalize", "strip", "lstrip", "rstrip", "escape", "url_encode", "url_decode", "join", "first", "last", "size", "split", "append", "prepend", "strip_newlines", "truncate", "compact", "uniq", "sort"}

	liquidQuoted = regexp.MustCompile(`"[^"]*"|'[^']*'`)
	liquidFilter = regexp.MustCompile(`\|\s*(\w+)`)
)

const maxFilters = 8 // in a row

// liquidTemplate is a template that is known to parse. It is compiled again for each
// rendering, with filters and loops that its budget pays.
type liquidTemplate struct{ text string }

func parseLiquid(text string) (*liquidTemplate, error) {
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("a template of an export has at most %d bytes", maxTemplate)
	}
	text, err := checkLiquid(text)
	if err != nil {
		return nil, err
	}
	if _, _, err := compileLiquid(text, newBudget(context.Background()), 0); err != nil {
		return nil, fmt.Errorf("the template does not parse: %s", strings.ReplaceAll(err.Error(), loopTag, "for"))
	}
	return &liquidTemplate{text}, nil
}

// checkLiquid goes through the template as the library takes it apart, and gives it with
// the loops of this package in the place of the library's.
func checkLiquid(text string) (string, error) {
	var checked strings.Builder
	until := "" // the tag that ends a comment or a raw text, in which nothing means anything
	for _, token := range parser.Scan(text, parser.SourceLoc{}, nil) {
		source := token.Source
		switch {
		case token.Type == parser.TagTokenType && until != "":
			if token.Name == until {
				until = ""
			}
		case token.Type == parser.TagTokenType:
			if !slices.Contains(liquidTags, token.Name) {
				return "", fmt.Errorf("a template of an export cannot use the tag %q", token.Name)
			}
			if err := checkExpression(token.Args); err != nil {
				return "", err
			}
			switch token.Name {
			case "comment", "raw":
				until = "end" + token.Name
			case "for", "endfor":
				source = strings.Replace(source, "for", loopTag, 1)
			}
		case token.Type == parser.ObjTokenType && until == "":
			if err := checkExpression(token.Args); err != nil {
				return "", err
			}
		}
		checked.WriteString(source) // marks of trimming have no source of their own
	}
	return checked.String(), nil
}

func checkExpression(text string) error {
	text = liquidQuoted.ReplaceAllString(text, `""`)
	if strings.Contains(text, "..") {
		return errors.New("a template of an export has no ranges: it loops over lists only")
	}
	used := liquidFilter.FindAllStringSubmatch(text, -1)
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

// compileLiquid compiles a checked template; size is that of the document.
func compileLiquid(text string, b *budget, size int) (node render.Node, cfg render.Config, err error) {
	cfg = render.NewConfig()
	filters.AddStandardFilters(countedFilters{&cfg, b})
	tags.AddStandardTags(cfg)
	(&liquidLoops{b, size}).add(cfg)
	node, failed := cfg.Compile(text, parser.SourceLoc{})
	if failed != nil { // an interface of its own, which would not be nil
		return nil, cfg, failed
	}
	return node, cfg, nil
}

// render makes the text; the document is what the template calls artifact.
func (t *liquidTemplate) render(ctx context.Context, document any) (content []byte, err error) {
	b := newBudget(ctx)
	defer func() { // the library panics on errors of filters and of the writer
		if recover() != nil || err != nil {
			content, err = nil, b.why()
			if err == nil {
				err = &ExportError{Reason: "the template does not suit the values of the artifact"}
			}
		}
	}()
	size := sizeOf(document)
	node, cfg, err := compileLiquid(t.text, b, size)
	if err != nil {
		return nil, err
	}
	out := &bounded{budget: b}
	if failed := render.Render(node, out, map[string]any{"artifact": liquidValue(document)}, cfg); failed != nil {
		return nil, failed
	}
	return out.Bytes(), b.why()
}

// liquidValue is a document with numbers that Liquid can compare.
func liquidValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, element := range v {
			object[key] = liquidValue(element)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = liquidValue(element)
		}
		return list
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n)
		}
		if strings.ContainsAny(v.String(), ".eE") {
			if n, err := v.Float64(); err == nil {
				return n
			}
		}
		return v.String()
	}
	return v
}
