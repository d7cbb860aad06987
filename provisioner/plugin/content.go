package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/plugin/protocol"
)

// chunks sends a content piece by piece; an empty one is one empty piece.
func chunks(content protocol.Content, data []byte, send func(*protocol.Chunk) error) error {
	return named(content, "", data, send)
}

func named(content protocol.Content, output string, data []byte, send func(*protocol.Chunk) error) error {
	chunk := &protocol.Chunk{Content: content, Size: int64(len(data)), Output: output}
	for {
		chunk.Data = data[:min(len(data), chunkSize)]
		data = data[len(chunk.Data):]
		chunk.Last = len(data) == 0
		if err := send(chunk); err != nil || chunk.Last {
			return err
		}
		chunk = &protocol.Chunk{Content: content}
	}
}

// longText is how long an output has to be to travel by itself.
const longText = 64 << 10

// sendTexts sends the long texts among outputs, and gives the outputs without them.
func sendTexts(outputs map[string]provisioner.Output, send func(*protocol.Chunk) error) (map[string]provisioner.Output, error) {
	shortened, copied := outputs, false
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		text, isText := outputs[name].Value.(string)
		if !isText || len(text) < longText {
			continue
		}
		if err := named(protocol.Content_CONTENT_OUTPUT, name, []byte(strings.ToValidUTF8(text, "\ufffd")), send); err != nil {
			return nil, err
		}
		if !copied {
			shortened, copied = maps.Clone(outputs), true
		}
		shortened[name] = provisioner.Output{Sensitive: outputs[name].Sensitive}
	}
	return shortened, nil
}

// fill puts long texts back.
func fill(outputs map[string]provisioner.Output, texts map[string]string) {
	for name, text := range texts {
		if output, ok := outputs[name]; ok && output.Value == nil {
			output.Value = text
			outputs[name] = output
		}
	}
}

// gathering puts chunks together.
type gathering struct {
	limit int // of each content; 0: none
	parts map[protocol.Content]*part
}

type part struct {
	data   []byte
	output string
}

// take gives the content once its last chunk is there; output is its name, if it has one.
func (g *gathering) take(chunk *protocol.Chunk) (data []byte, output string, complete bool, err error) {
	if g.parts == nil {
		g.parts = map[protocol.Content]*part{}
	}
	p := g.parts[chunk.GetContent()]
	if p == nil {
		p = &part{output: chunk.GetOutput()}
		if size := chunk.GetSize(); size > 0 && (g.limit <= 0 || size <= int64(g.limit)) {
			p.data = make([]byte, 0, min(size, 1<<30))
		}
		g.parts[chunk.GetContent()] = p
	}
	if g.limit > 0 && len(p.data)+len(chunk.GetData()) > g.limit {
		return nil, "", false, &tooLargeError{chunk.GetContent(), g.limit}
	}
	p.data = append(p.data, chunk.GetData()...)
	if !chunk.GetLast() {
		return nil, "", false, nil
	}
	delete(g.parts, chunk.GetContent())
	return p.data, p.output, true, nil
}

type tooLargeError struct {
	content protocol.Content
	limit   int
}

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("it sent a %s of more than %d bytes", contentNames[e.content], e.limit)
}

var contentNames = map[protocol.Content]string{
	protocol.Content_CONTENT_REQUEST: "request", protocol.Content_CONTENT_SAVED: "saved plan", protocol.Content_CONTENT_STATE: "state",
	protocol.Content_CONTENT_FILES: "set of files", protocol.Content_CONTENT_ANSWER: "answer",
	protocol.Content_CONTENT_OUTPUT: "output",
}

// decode reads JSON as documents have it: numbers keep their text.
func decode(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}
