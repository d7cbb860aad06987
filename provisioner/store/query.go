package store

import (
	"database/sql"
	"encoding/json"
	"strings"
	"time"
)

// each calls scan for every row of a query.
func each(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// column gives the rows of a query of one column.
func column[T any](rows *sql.Rows, err error) (values []T, _ error) {
	err = each(rows, err, func(rows *sql.Rows) error {
		var value T
		if err := rows.Scan(&value); err != nil {
			return err
		}
		values = append(values, value)
		return nil
	})
	return values, err
}

// timeFormat sorts as text.
const timeFormat = "2006-01-02T15:04:05.000000000Z"

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeFormat)
}

// textTime is a column of timeText.
type textTime struct{ to *time.Time }

func (t textTime) Scan(from any) (err error) {
	*t.to = time.Time{}
	text, _ := from.(string)
	if text != "" {
		*t.to, err = time.Parse(timeFormat, text)
	}
	return err
}

// jsonText is a column of JSON text. Numbers keep their digits.
type jsonText struct{ to any }

func (j jsonText) Scan(from any) error {
	text, _ := from.(string)
	return decode([]byte(text), j.to)
}

// encode writes what this package keeps as JSON: plain structs and documents, which
// encoding/json can always write, with sorted keys.
func encode(from any) ([]byte, error) { return json.Marshal(from) }

func decode(text []byte, to any) error {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	return decoder.Decode(to)
}
