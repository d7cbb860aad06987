package tagging

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"slices"
	"strings"
)

// MaxNamePrefix is the length in bytes that modules can rely on in a name_prefix: behind
// it a suffix of their own still fits the names of most resources (an SQS queue takes 80,
// an IAM role 64, an S3 bucket and an RDS instance 63, a load balancer 32).
const MaxNamePrefix = 30

const (
	hashLength = 8              // characters at the end of a name that had to be changed: 40 bits
	leastName  = hashLength + 4 // some letters, a hyphen, the hash
)

// NamePrefix is a name made of the parts: lower-case letters, digits and single hyphens,
// a letter first, no hyphen last, at most most bytes (less than 12 counts as 12).
//
// The same parts give the same name for ever, on any machine. Parts of lower-case letters
// and digits that fit are joined as they are. Where they cannot stand so, because they are
// too long, hold other characters or hold hyphens (which would let a-b, c meet a, b-c),
// the name ends with a hash of all of them, so that different parts give different names.
// Empty parts are left out.
func NamePrefix(most int, parts ...string) string {
	most = max(most, leastName)
	parts = slices.DeleteFunc(slices.Clone(parts), func(part string) bool { return part == "" })
	plain := strings.Join(parts, "-")
	name := slug(plain)
	exact := name == plain && strings.Count(plain, "-") == len(parts)-1
	if exact && len(name) <= most {
		return name
	}
	if room := most - hashLength - 1; len(name) > room {
		name = strings.TrimRight(name[:room], "-")
	}
	return name + "-" + hash(parts)
}

// hash is the start of the SHA-256 of the parts, each behind its length, in the letters
// of base 32: a to z and 2 to 7.
func hash(parts []string) string {
	var framed []byte
	for _, part := range parts {
		framed = binary.AppendUvarint(framed, uint64(len(part)))
		framed = append(framed, part...)
	}
	sum := sha256.Sum256(framed)
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:hashLength]
}

// slug keeps lower-case letters and digits; runs of anything else become one hyphen. It
// is never empty and starts with a letter.
func slug(text string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			hyphen = false
		default:
			hyphen = true
		}
	}
	name := b.String()
	if name == "" || name[0] <= '9' {
		name = "n" + name
	}
	return name
}
