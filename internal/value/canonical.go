package value

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxPlainDigits bounds how far an exponent is written out: 1e20 becomes
// 100000000000000000000, 1e400000 stays 1e400000.
const maxPlainDigits = 40

// Digest is "sha256:" and the hex of the SHA-256 of Canonical(v).
func Digest(v any) string {
	sum := sha256.Sum256(Canonical(v))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Canonical writes a document as JSON with sorted keys, no insignificant space, no HTML
// escapes and one spelling for each number (1, 1.0 and 1e0 are 1), so that equal
// documents have equal bytes. A value that is not in the one form panics: it is a
// mistake of the program.
func Canonical(v any) []byte {
	var b bytes.Buffer
	canonical(&b, v)
	return b.Bytes()
}

func canonical(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case json.Number:
		b.WriteString(canonicalNumber(string(v)))
	case string:
		writeString(b, v)
	case []any:
		b.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			canonical(b, element)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteByte(',')
			}
			writeString(b, key)
			b.WriteByte(':')
			canonical(b, v[key])
		}
		b.WriteByte('}')
	default:
		panic(fmt.Sprintf("value: %T is not part of a document", v))
	}
}

func writeString(b *bytes.Buffer, text string) {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string into a buffer cannot fail
	b.Truncate(b.Len() - 1)  // the encoder ends with a newline
}

// canonicalNumber spells a JSON number in one way, exactly: digits without useless
// zeros, a plain integer where that is short, else one digit group and an exponent.
func canonicalNumber(text string) string {
	negative := strings.HasPrefix(text, "-")
	text = strings.TrimPrefix(text, "-")
	mantissa, exponentText, _ := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent := int64(0)
	if exponentText != "" {
		n, err := strconv.ParseInt(exponentText, 10, 62)
		if err != nil {
			return text // past any use: kept as it was written
		}
		exponent = n
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	exponent -= int64(len(fraction))
	trimmed := strings.TrimRight(digits, "0")
	exponent += int64(len(digits) - len(trimmed))
	sign := ""
	if negative {
		sign = "-"
	}
	switch {
	case trimmed == "":
		return "0"
	case exponent >= 0 && int64(len(trimmed))+exponent <= maxPlainDigits:
		return sign + trimmed + strings.Repeat("0", int(exponent))
	case exponent < 0 && -exponent < int64(len(trimmed)):
		point := int64(len(trimmed)) + exponent
		return sign + trimmed[:point] + "." + trimmed[point:]
	case exponent < 0 && -exponent <= maxPlainDigits:
		return sign + "0." + strings.Repeat("0", int(-exponent)-len(trimmed)) + trimmed
	case exponent == 0:
		return sign + trimmed
	}
	return sign + trimmed + "e" + strconv.FormatInt(exponent, 10)
}

func isNumber(text string) bool {
	var number json.Number
	return json.Unmarshal([]byte(text), &number) == nil && text != "" && text[0] != '"'
}
