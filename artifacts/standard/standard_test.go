package standard_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/standard"
	"github.com/tenon-sdk/tenon/iam"
	"github.com/tenon-sdk/tenon/iam/aws"
)

// unproven is the catalog as if nobody had checked it.
type unproven struct{ fs.FS }

func (unproven) Label(name string) string { return "standard/" + name }

var loaded = sync.OnceValues(func() (*artifacts.Catalog, error) { return artifacts.Load(unproven{standard.FS()}) })

// load checks every file: that is what makes them proven.
func load(t testing.TB) *artifacts.Catalog {
	t.Helper()
	catalog, err := loaded()
	require.NoError(t, err)
	require.Empty(t, catalog.Warnings())
	return catalog
}

// What is compiled when it is first used is the same as what is checked at once.
func TestProven(t *testing.T) {
	t.Parallel()
	proven, err := artifacts.Load(standard.FS())
	require.NoError(t, err)
	checked := load(t)
	require.Len(t, proven.Types(), len(checked.Types()))
	for i, one := range checked.Types() {
		two := proven.Types()[i]
		require.Equal(t, one.String(), two.String())
		require.Equal(t, one.Sensitive(), two.Sensitive())
		require.Equal(t, one.Grants(), two.Grants())
		require.Equal(t, one.Examples(), two.Examples())
		require.Equal(t, one.Harvests(), two.Harvests())
		require.Len(t, two.Exports(), len(one.Exports()))
		require.Equal(t, one.Schema(), two.Schema())
	}
}

func ExampleFS() {
	catalog, err := artifacts.Load(standard.FS())
	if err != nil {
		fmt.Println(err)
		return
	}
	ref, _ := artifacts.ParseRef("queue@1")
	for _, name := range []string{"aws-sqs-queue", "postgresql"} {
		fmt.Println(name, catalog.Fits(catalog.Version(name, "1.0.0"), ref))
	}
	// Output:
	// aws-sqs-queue true
	// postgresql false
}

func TestWhatFitsWhat(t *testing.T) {
	t.Parallel()
	catalog := load(t)
	for wanted, fits := range map[string]struct{ yes, no []string }{
		"sql-database@1":       {[]string{"aws-rds-postgresql", "postgresql", "sql-database", "mysql"}, []string{"redis", "aws-sqs-queue"}},
		"postgresql@^1.0":      {[]string{"aws-rds-postgresql", "postgresql"}, []string{"sql-database", "mysql"}},
		"aws-rds-postgresql@1": {[]string{"aws-rds-postgresql"}, []string{"postgresql"}},
		"queue@1":              {[]string{"aws-sqs-queue", "queue"}, []string{"topic"}},
		"cache":                {[]string{"redis", "memcached"}, []string{"postgresql"}},
		"network@1.0.0":        {[]string{"network"}, []string{"subnet"}},
		"queue@2":              {nil, []string{"queue", "aws-sqs-queue"}},
	} {
		ref, err := artifacts.ParseRef(wanted)
		require.NoError(t, err)
		for _, name := range fits.yes {
			require.True(t, catalog.Fits(catalog.Version(name, "1.0.0"), ref), "%s fits %s", name, wanted)
		}
		for _, name := range fits.no {
			require.False(t, catalog.Fits(catalog.Version(name, "1.0.0"), ref), "%s fits %s", name, wanted)
		}
	}
}

// A document of a type is one of every type that it is.
func TestExamplesAreOfTheSupertypes(t *testing.T) {
	t.Parallel()
	catalog := load(t)
	for _, typ := range catalog.Types() {
		require.NotEmpty(t, typ.Title(), typ)
		require.NotEmpty(t, typ.Description(), typ)
		for _, ref := range typ.IsA() {
			super, err := catalog.Lookup(ref)
			require.NoError(t, err)
			for _, example := range typ.Examples() {
				require.NoError(t, super.Validate(example), "%s is a %s", typ, super)
			}
			for _, grant := range super.Grants() {
				_, exists := typ.Grant(grant.Name)
				require.True(t, exists, "%s lacks the grant %s of %s", typ, grant.Name, super)
			}
		}
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	catalog := load(t)
	// Words without a meaning are those of capabilities, which their products give one, and
	// those of products where the platform's own access rules cannot tell them apart.
	kinds := map[string]bool{}
	for _, typ := range catalog.Types() {
		kinds[typ.File()] = len(typ.IsA()) > 0 || strings.HasPrefix(typ.File(), "standard/neutral/")
	}
	for _, p := range iam.Check(catalog) {
		require.Equal(t, "empty-grant", p.Rule, p)
		require.True(t, kinds[p.File], p)
	}
	for name, test := range map[string]struct {
		typ, grant string
		example    int
		want       string
	}{
		"publish to an encrypted queue": {"aws-sqs-queue", "publish", 0, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":["arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]},{"Effect":"Allow","Action":["sqs:GetQueueAttributes","sqs:GetQueueUrl","sqs:SendMessage"],"Resource":["arn:aws:sqs:eu-west-1:123456789012:events"]}]}`},
		"consume in another partition":  {"aws-sqs-queue", "consume", 1, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ChangeMessageVisibility","sqs:DeleteMessage","sqs:GetQueueAttributes","sqs:GetQueueUrl","sqs:ReceiveMessage"],"Resource":["arn:aws-cn:sqs:cn-north-1:123456789012:orders.fifo"]}]}`},
		"read a bucket":                 {"object-storage", "read", 0, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:Decrypt"],"Resource":["arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]},{"Effect":"Allow","Action":["s3:GetBucketLocation","s3:ListBucket"],"Resource":["arn:aws:s3:::shop-images"]},{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::shop-images/*"]}]}`},
		"connect as a user of IAM":      {"aws-rds-postgresql", "connect", 1, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["rds-db:connect"],"Resource":["arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABCDEFGHIJKL01234/shop"]}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			typ := catalog.Version(test.typ, "1.0.0")
			grant, exists := typ.Grant(test.grant)
			require.True(t, exists)
			bindings, problems := iam.Bind("it", "shop/dev.x.it", typ.String(), map[string]artifacts.Grant{test.grant: grant}, []string{test.grant})
			require.Empty(t, problems)
			rendered, err := aws.Render(iam.Access{Bindings: bindings}, map[string]any{"it": typ.Examples()[test.example]})
			require.NoError(t, err)
			require.Equal(t, test.want, rendered.Policy.String())
		})
	}
	t.Run("nothing for a bucket that is not on AWS", func(t *testing.T) {
		t.Parallel()
		typ := catalog.Version("object-storage", "1.0.0")
		grant, _ := typ.Grant("read")
		bindings, _ := iam.Bind("it", "shop/dev.x.it", typ.String(), map[string]artifacts.Grant{"read": grant}, []string{"read"})
		rendered, err := aws.Render(iam.Access{Bindings: bindings}, map[string]any{"it": typ.Examples()[1]})
		require.NoError(t, err)
		require.Nil(t, rendered.Policy)
	})
}

func TestSensitive(t *testing.T) {
	t.Parallel()
	catalog := load(t)
	for name, want := range map[string][]string{
		"network": nil, "queue": nil, "aws-sqs-queue": nil, "object-storage": nil,
		"sql-database": {"password"}, "postgresql": {"password"}, "aws-rds-postgresql": {"password"},
		"aws-credentials": {"externalId", "secretAccessKey", "sessionToken"},
	} {
		var found []string
		for _, path := range catalog.Version(name, "1.0.0").Sensitive() {
			found = append(found, path.String())
		}
		require.ElementsMatch(t, want, found, name)
	}
}

func TestFilesAreLabeled(t *testing.T) {
	t.Parallel()
	for _, typ := range load(t).Types() {
		require.True(t, strings.HasPrefix(typ.File(), "standard/"), typ.File())
	}
}

// As programs load it, and with every check.
func BenchmarkLoad(b *testing.B) {
	for name, fsys := range map[string]fs.FS{"proven": standard.FS(), "checked": unproven{standard.FS()}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := artifacts.Load(fsys)
				require.NoError(b, err)
			}
		})
	}
}

func BenchmarkValidate(b *testing.B) {
	for _, typ := range load(b).Types() {
		document := typ.Examples()[0]
		text, err := json.Marshal(document)
		require.NoError(b, err)
		b.Run(typ.Name(), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if err := typ.Validate(document); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
