package artifacts

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/tenon-sdk/tenon/internal/source"
)

var noWord = regexp.MustCompile(`[^a-z0-9]+`)

// publishedExports reads $md.export of a published definition.
func (a *assembly) publishedExports(node *source.Node) (exports []Export) {
	block := mdNode(node, "export")
	if block == nil {
		return nil
	}
	if _, isList := block.Value().([]any); !isList {
		a.problems.Add(block.Problem("bad-export", "$md.export must be a list", ""))
		return nil
	}
	taken := map[string]bool{}
	for i, entry := range block.Items() {
		word := func(key string) string { text, _ := entry.Get(key).Value().(string); return text }
		template, at, message := publishedTemplate(entry)
		if message != "" {
			a.problems.Add(at.Problem("bad-export", message, ""))
			continue
		}
		name := strings.Trim(noWord.ReplaceAllString(strings.ToLower(word("downloadButtonText")), "-"), "-")
		if name == "" {
			name = fmt.Sprintf("export-%d", i+1)
		}
		for n, wanted := 2, name; taken[name]; n++ {
			name = fmt.Sprintf("%s-%d", wanted, n)
		}
		taken[name] = true
		format := noWord.ReplaceAllString(strings.ToLower(word("fileFormat")), "")
		if format == "" {
			format = "txt"
		}
		exports = append(exports, Export{
			Name: name, File: name + "." + format, Label: word("downloadButtonText"), Format: word("fileFormat"), render: template.render,
		})
	}
	return exports
}

// publishedTemplate reads one entry; a message says what is wrong, and where.
func publishedTemplate(entry *source.Node) (template *liquidTemplate, at *source.Node, message string) {
	text, isText := entry.Get("template").Value().(string)
	if !isText {
		return nil, entry, "has no template"
	}
	if language := entry.Get("templateLang"); language != nil && language.Value() != "liquid" && language.Value() != "" {
		return nil, language, fmt.Sprintf("the language %q is not known: there is liquid", fmt.Sprint(language.Value()))
	}
	at = entry.Get("template")
	decoded, err := base64.StdEncoding.DecodeString(text)
	switch coded := entry.Get("base64").Value(); {
	case coded == true && (err != nil || !utf8.Valid(decoded)):
		return nil, at, "the template is not in base64"
	case coded == true, coded != false && err == nil && utf8.Valid(decoded):
		text = string(decoded)
	}
	if template, err = parseLiquid(text); err != nil {
		return nil, at, err.Error()
	}
	return template, at, ""
}
