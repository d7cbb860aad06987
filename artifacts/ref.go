package artifacts

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// Ref names a type and a range of its versions: postgresql (any), postgresql@1 (1.x),
// postgresql@^1.2, postgresql@~1.4, postgresql@1.2.0 (exactly). The zero Ref names
// nothing.
type Ref struct {
	name       string
	text       string // as written
	constraint *semver.Constraints
}

var (
	validName   = regexp.MustCompile(`^[a-z0-9-]{2,100}$`)
	onlyVersion = regexp.MustCompile(`^\d+(\.\d+)?$`) // 1 and 1.2 mean 1.x and 1.2.x
)

// ParseRef reads NAME or NAME@RANGE.
func ParseRef(text string) (Ref, error) {
	name, rangeText, hasRange := strings.Cut(text, "@")
	if !validName.MatchString(name) {
		return Ref{}, fmt.Errorf("%q is not a type: a name has 2 to 100 of a-z, 0-9 and -, then @ and a range of versions", text)
	}
	ref := Ref{name: name, text: text}
	if !hasRange {
		return ref, nil
	}
	constraint, err := ParseRange(rangeText)
	if err != nil {
		return Ref{}, fmt.Errorf("%q: %w", text, err)
	}
	ref.constraint = constraint
	return ref, nil
}

// ParseRange reads a range of versions: 1, ^1.2, ~1.4, 1.2.0, ">=1.2 <3"; * and ~0.0.0 are
// any version. One that is not released (2.0.0-rc.1) is only in ranges that name such.
func ParseRange(text string) (*semver.Constraints, error) {
	written := text
	if onlyVersion.MatchString(text) {
		text += ".x"
	}
	constraint, err := semver.NewConstraint(text)
	if err != nil || strings.TrimSpace(text) == "" {
		return nil, fmt.Errorf("%q is not a range of versions such as 1, ^1.2, ~1.4 or 1.2.0", written)
	}
	return constraint, nil
}

// Name of the type.
func (r Ref) Name() string { return r.name }

// String is the reference as it was written.
func (r Ref) String() string { return r.text }

// IsZero says that r names nothing.
func (r Ref) IsZero() bool { return r.name == "" }

// Accepts says that t itself has the name and a version in range; its supertypes are not
// asked (see Catalog.Fits).
func (r Ref) Accepts(t *Type) bool {
	return t != nil && t.name == r.name && (r.constraint == nil || r.constraint.Check(t.version))
}

// MarshalText writes the reference as it was written.
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.text), nil }

// UnmarshalText is ParseRef.
func (r *Ref) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRef(string(text))
	return err
}
