package schema

import (
	"encoding/base64"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
)

// words are texts that may fit the branch, the likeliest first: by format, by the name of
// the property, and where there is a pattern whatever has a form of its own.
func (d *draw) words(b branch) iter.Seq[string] {
	return func(yield func(string) bool) {
		patterned := false
		for _, n := range b.atoms {
			var list []string
			switch {
			case n.op == opHint && n.hint.format != "":
				list = d.formatted(n.hint.format)
			case n.op == opHint && n.hint.encoding == "base64":
				list = []string{base64.StdEncoding.EncodeToString([]byte(d.word(d.name())))}
			case n.op == opPattern:
				patterned = true
			}
			for _, word := range list {
				if !yield(word) {
					return
				}
			}
		}
		for _, word := range d.byName(d.name()) {
			if !yield(word) {
				return
			}
		}
		if patterned {
			for _, form := range forms {
				if !yield(form(d.rng)) {
					return
				}
			}
		}
		_ = yield(d.word(d.name())) && yield(noun(d.rng)) && yield(noun(d.rng)+"-"+noun(d.rng))
	}
}

var nouns = []string{"orders", "billing", "shop", "catalog", "search", "events", "images", "metrics", "web", "api", "worker", "platform", "data", "audit", "users", "carts"}

func noun(r *rand.Rand) string { return nouns[r.IntN(len(nouns))] }

// word is a plain text for a property of that name.
func (d *draw) word(name string) string {
	if list := d.byName(name); len(list) > 0 {
		return list[0]
	}
	return noun(d.rng)
}

func digits(r *rand.Rand, n int) string { return from(r, "0123456789", n) }
func hexes(r *rand.Rand, n int) string  { return from(r, "0123456789abcdef", n) }
func letters(r *rand.Rand, n int) string {
	return from(r, "abcdefghijklmnopqrstuvwxyz", n)
}

func from(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

func uuid(r *rand.Rand) string {
	return fmt.Sprintf("%s-%s-4%s-a%s-%s", hexes(r, 8), hexes(r, 4), hexes(r, 3), hexes(r, 3), hexes(r, 12))
}

func ipv4(r *rand.Rand) string {
	return fmt.Sprintf("10.%d.%d.%d", r.IntN(256), r.IntN(256), 1+r.IntN(254))
}

func ipv6(r *rand.Rand) string { return fmt.Sprintf("fd00:%s::%s", hexes(r, 4), hexes(r, 4)) }
func cidr(r *rand.Rand) string { return fmt.Sprintf("10.%d.0.0/16", r.IntN(256)) }
func host(r *rand.Rand) string { return noun(r) + ".internal.example.com" }

var awsRegions = []string{"eu-west-1", "eu-central-1", "us-east-1", "us-west-2", "ap-southeast-2"}

func awsRegion(r *rand.Rand) string { return awsRegions[r.IntN(len(awsRegions))] }
func account(r *rand.Rand) string   { return "1" + digits(r, 11) }

func arn(service, resource string) func(*rand.Rand) string {
	return func(r *rand.Rand) string {
		return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, awsRegion(r), account(r), strings.ReplaceAll(resource, "*", noun(r)))
	}
}

func azureID(r *rand.Rand) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Storage/storageAccounts/%s%s", uuid(r), noun(r), letters(r, 6), digits(r, 2))
}

func date(r *rand.Rand) string { return fmt.Sprintf("2026-%02d-%02d", 1+r.IntN(12), 1+r.IntN(28)) }
func clock(r *rand.Rand) string {
	return fmt.Sprintf("%02d:%02d:%02dZ", r.IntN(24), r.IntN(60), r.IntN(60))
}

// forms are texts that have a form of their own, the most particular first. A text for a
// pattern is the first of them that it takes.
var forms = []func(*rand.Rand) string{
	cidr, uuid, azureID,
	arn("sqs", "*"), arn("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab"), arn("rds", "db:*"), arn("secretsmanager", "secret:*-AbCdEf"),
	func(r *rand.Rand) string { return "arn:aws:s3:::" + noun(r) + "-" + digits(r, 6) },
	func(r *rand.Rand) string { return "arn:aws:iam::" + account(r) + ":role/" + noun(r) },
	func(r *rand.Rand) string { return "vpc-" + hexes(r, 17) },
	func(r *rand.Rand) string { return "subnet-" + hexes(r, 17) },
	func(r *rand.Rand) string { return "sg-" + hexes(r, 17) },
	func(r *rand.Rand) string {
		return fmt.Sprintf("projects/%s-%s/topics/%s", noun(r), digits(r, 4), noun(r))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("projects/%s-%s/locations/europe-west1/keyRings/%s/cryptoKeys/%s", noun(r), digits(r, 4), noun(r), noun(r))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("%s@%s-%s.iam.gserviceaccount.com", noun(r), noun(r), digits(r, 4))
	},
	func(r *rand.Rand) string { return "https://" + host(r) + "/" + noun(r) },
	func(r *rand.Rand) string { return noun(r) + "@example.com" },
	awsRegion, func(*rand.Rand) string { return "europe-west1" }, func(*rand.Rand) string { return "westeurope" },
	account,
	func(r *rand.Rand) string { return date(r) + "T" + clock(r) }, date,
	ipv4, ipv6, func(r *rand.Rand) string { return host(r) + ":9092" }, host,
	func(r *rand.Rand) string { return fmt.Sprintf("%d.%d.%d", 1+r.IntN(9), r.IntN(20), r.IntN(20)) },
	func(r *rand.Rand) string { return fmt.Sprintf("%d.%d", 1+r.IntN(20), r.IntN(20)) },
	func(r *rand.Rand) string { return "/" + noun(r) },
	func(r *rand.Rand) string { return noun(r) + "-" + digits(r, 4) }, noun,
	func(r *rand.Rand) string { return "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" },
}

// formatted are texts of a format that JSON Schema names, and of some that others use.
func (d *draw) formatted(format string) []string {
	r := d.rng
	switch format {
	case "ipv4", "ip", "ip-address":
		return []string{ipv4(r)}
	case "ipv6":
		return []string{ipv6(r)}
	case "cidr", "ipv4-cidr":
		return []string{cidr(r)}
	case "hostname", "idn-hostname", "host-name":
		return []string{host(r)}
	case "uri", "url", "iri", "uri-reference", "iri-reference", "uri-template":
		return []string{"https://" + host(r) + "/" + noun(r)}
	case "email", "idn-email":
		return []string{noun(r) + "@example.com"}
	case "date-time", "datetime":
		return []string{date(r) + "T" + clock(r)}
	case "date":
		return []string{date(r)}
	case "time":
		return []string{clock(r)}
	case "duration", "period":
		return []string{fmt.Sprintf("PT%dM", 1+r.IntN(59)), date(r) + "T00:00:00Z/PT1H"}
	case "uuid":
		return []string{uuid(r)}
	case "arn":
		return []string{forms[3](r)}
	case "json-pointer":
		return []string{"/" + noun(r)}
	case "relative-json-pointer":
		return []string{"0/" + noun(r)}
	case "regex":
		return []string{"^" + noun(r) + "$"}
	case "semver":
		return []string{fmt.Sprintf("%d.%d.%d", 1+r.IntN(9), r.IntN(20), r.IntN(20))}
	case "byte", "base64":
		return []string{base64.StdEncoding.EncodeToString([]byte(noun(r)))}
	}
	return nil
}

// byName are texts that people give a property of that name.
func (d *draw) byName(name string) []string {
	r := d.rng
	name = strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	ends := func(suffixes ...string) bool {
		for _, suffix := range suffixes {
			if strings.HasSuffix(name, suffix) {
				return true
			}
		}
		return false
	}
	switch {
	case name == "":
		return nil
	case ends("kmskeyarn", "keyarn"):
		return []string{forms[4](r)}
	case ends("rolearn"):
		return []string{forms[8](r)}
	case ends("arn"):
		return []string{forms[3](r), forms[7](r)}
	case ends("cidr", "cidrs", "cidrblock", "range"):
		return []string{cidr(r)}
	case ends("url", "uri", "endpoint", "issuer", "webhook", "address"):
		return []string{"https://" + host(r), host(r)}
	case ends("hostname", "host", "domain", "dns", "server", "fqdn"):
		return []string{host(r)}
	case ends("ip", "ipaddress"):
		return []string{ipv4(r)}
	case ends("region", "location"):
		return []string{awsRegion(r), "europe-west1", "westeurope"}
	case ends("zone"):
		return []string{awsRegion(r) + "a", "europe-west1-b"}
	case ends("password", "secret", "token", "apikey", "privatekey", "secretkey", "accesskey"):
		return []string{from(r, "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 24)}
	case ends("email"):
		return []string{noun(r) + "@example.com"}
	case ends("username", "user", "login"):
		return []string{noun(r)}
	case ends("version"):
		return []string{fmt.Sprintf("%d.%d", 1+r.IntN(20), r.IntN(20))}
	case ends("accountid", "account"):
		return []string{account(r)}
	case ends("project", "projectid"):
		return []string{noun(r) + "-" + digits(r, 4)}
	case ends("subscription", "subscriptionid", "tenant", "tenantid", "clientid"):
		return []string{uuid(r)}
	case ends("path", "prefix"):
		return []string{"/" + noun(r)}
	case ends("expires", "created", "updated", "date", "time", "at"):
		return []string{date(r) + "T" + clock(r)}
	case ends("id"):
		return []string{noun(r) + "-" + hexes(r, 8)}
	}
	return nil
}
