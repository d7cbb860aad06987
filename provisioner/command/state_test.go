package command_test

import (
	"bytes"
	"context"
)

func (m *memo) Read(context.Context) ([]byte, error) { return bytes.Clone(m.text), nil }

func (m *memo) Write(_ context.Context, text []byte) error {
	m.text = bytes.Clone(text)
	return nil
}
