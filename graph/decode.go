package graph

import (
	"bytes"
	"encoding/json"
)

// The short form of these values is a text.

func isText(data []byte) bool { return len(data) > 0 && data[0] == '"' }

// UnmarshalJSON reads a text or {value, locked}.
func (t *tag) UnmarshalJSON(data []byte) error {
	if isText(data) {
		return json.Unmarshal(data, &t.Value)
	}
	var long struct {
		Value  string `json:"value"`
		Locked bool   `json:"locked"`
	}
	err := json.Unmarshal(data, &long)
	t.Value, t.Locked = long.Value, long.Locked
	return err
}

// UnmarshalJSON reads a text or {ref, where}.
func (d *defaultRef) UnmarshalJSON(data []byte) error {
	if isText(data) {
		return json.Unmarshal(data, &d.Ref)
	}
	var long struct {
		Ref   string `json:"ref"`
		Where any    `json:"where"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	err := decoder.Decode(&long)
	d.Ref, d.Where = long.Ref, long.Where
	return err
}

// UnmarshalJSON reads a text or {ref, grants}.
func (c *connectionFile) UnmarshalJSON(data []byte) error {
	if isText(data) {
		return json.Unmarshal(data, &c.Ref)
	}
	var long struct {
		Ref    string   `json:"ref"`
		Grants []string `json:"grants"`
	}
	err := json.Unmarshal(data, &long)
	c.Ref, c.Grants = long.Ref, long.Grants
	return err
}
