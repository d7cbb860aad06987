package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// gathering puts chunks together: one content after the other, as the protocol says, and
// all of a call within a limit.
type gathering struct {
	limit int // of all contents of a call; 0: none
	total int
	now   *part // nil between contents
}

type part struct {
	content protocol.Content
	data    []byte
	output  string
}

const (
	// firstRoom is what a content gets at once, whatever size it says that it has.
	firstRoom = 1 << 20
	// overhead is what a content costs beside its bytes.
	overhead = 256
)

// take gives the content once its last chunk is there; output is its name, if it has one.
func (g *gathering) take(chunk *protocol.Chunk) (data []byte, output string, complete bool, err error) {
	content := chunk.GetContent()
	if contentNames[content] == "" {
		return nil, "", false, fmt.Errorf("it sent a content %d, which nobody knows", content)
	}
	if g.now == nil {
		g.now = &part{content: content, output: chunk.GetOutput()}
		g.total += overhead + len(g.now.output)
		if size := chunk.GetSize(); size > 0 && (g.limit <= 0 || size <= int64(g.limit-g.total)) {
			g.now.data = make([]byte, 0, min(size, firstRoom))
		}
	}
	if g.now.content != content {
		return nil, "", false, fmt.Errorf("it began %s before %s had ended", contentNames[content], contentNames[g.now.content])
	}
	if g.total += len(chunk.GetData()); g.limit > 0 && g.total > g.limit {
		return nil, "", false, &tooLargeError{content, g.limit}
	}
	g.now.data = append(g.now.data, chunk.GetData()...)
	if !chunk.GetLast() {
		return nil, "", false, nil
	}
	done := g.now
	g.now = nil
	if content == protocol.Content_CONTENT_STATE {
		g.total -= len(done.data) // it is handed on; a call may keep many
	}
	return done.data, done.output, true, nil
}

type tooLargeError struct {
	content protocol.Content
	limit   int
}

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("it sent %s of more than %d bytes", contentNames[e.content], e.limit)
}

var contentNames = map[protocol.Content]string{
	protocol.Content_CONTENT_REQUEST: "a request", protocol.Content_CONTENT_SAVED: "a saved plan", protocol.Content_CONTENT_STATE: "a state",
	protocol.Content_CONTENT_FILES: "a set of files", protocol.Content_CONTENT_ANSWER: "an answer",
	protocol.Content_CONTENT_OUTPUT: "an output",
}

// decode reads JSON as documents have it: numbers keep their text.
func decode(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the document")
	}
	return nil
}
