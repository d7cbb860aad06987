package deploy

import (
	"net/netip"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
)

// everybody are texts that open something to all, or to all of a kind.
//
//   - "*", 0.0.0.0/0, ::/0: any principal, action, resource or address. Sources:
//     https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html,
//     https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
//   - allUsers, allAuthenticatedUsers: https://cloud.google.com/iam/docs/principals-overview
//   - public-read, public-read-write, authenticated-read:
//     https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
//   - Internet: https://learn.microsoft.com/azure/virtual-network/service-tags-overview
var everybody = map[string]bool{
	"*": true, "0.0.0.0/0": true, "::/0": true, "allUsers": true, "allAuthenticatedUsers": true,
	"public-read": true, "public-read-write": true, "authenticated-read": true, "Internet": true,
}

// exposes says why a real value of an attribute opens more than the approved one does; empty
// where it does not. before is nil where nobody has seen a value.
func exposes(path string, before, real any) string {
	if reason := exposesFlag(path, before, real); reason != "" {
		return reason
	}
	seen := map[string]bool{}
	var widest []netip.Prefix
	leaves(before, func(text string) {
		seen[text] = true
		if p, err := netip.ParsePrefix(text); err == nil {
			widest = append(widest, p)
		}
	})
	reason := ""
	leaves(real, func(text string) {
		switch {
		case reason != "" || seen[text]:
		case everybody[text]:
			reason = "it is open to everybody: " + text
		case stars(text) > mostStars(seen):
			reason = "it has a wildcard: " + text
		case wider(text, widest):
			reason = "it is a wider range of addresses: " + text
		}
	})
	return reason
}

// exposesFlag looks at switches: publicly_accessible = true, block_public_acls = false.
func exposesFlag(path string, before, real any) string {
	flag, ok := real.(bool)
	name := path[strings.LastIndexByte(path, '.')+1:]
	if !ok || before == real || !strings.Contains(name, "public") {
		return ""
	}
	closes := strings.HasPrefix(name, "block") || strings.HasPrefix(name, "ignore") || strings.HasPrefix(name, "restrict") ||
		strings.HasPrefix(name, "disable") || strings.HasPrefix(name, "prevent") || strings.HasPrefix(name, "deny")
	if flag == closes {
		return ""
	}
	return "it opens something to the public"
}

// leaves visits the texts in a document, and in the documents that are written as text.
func leaves(document any, visit func(text string)) {
	value.Walk(document, func(_ tenon.Path, leaf any) {
		text, ok := leaf.(string)
		if !ok {
			return
		}
		if inside, _, written := documents(text, text); written {
			leaves(inside, visit)
			return
		}
		visit(text)
	})
}

func stars(text string) int { return strings.Count(text, "*") }

// mostStars is how many wildcards one of the approved texts has.
func mostStars(texts map[string]bool) (most int) {
	for text := range texts {
		most = max(most, stars(text))
	}
	return most
}

// wider says that a range of addresses is larger than each that was seen of its family, or
// reaches public addresses where none did.
func wider(text string, seen []netip.Prefix) bool {
	real, err := netip.ParsePrefix(text)
	if err != nil || real.IsSingleIP() {
		return false
	}
	for _, p := range seen {
		if p.Addr().Is4() == real.Addr().Is4() && p.Bits() <= real.Bits() && (private(real) || !private(p)) {
			return false
		}
	}
	return len(seen) > 0 || !private(real)
}

func private(p netip.Prefix) bool { return p.Addr().IsPrivate() || p.Addr().IsLinkLocalUnicast() }
