package terraform_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// configuredBy gives the arguments that the tool finds for a provider, as a fake sees them,
// and the error.
func configuredBy(t *testing.T, source string, p provisioner.Provider) (string, error) {
	t.Helper()
	seen := filepath.Join(t.TempDir(), "seen")
	driver := terraform.New(&terraform.Options{Path: fakeTool(t, `
[ "$1" = init ] && exit 0
/bin/cat zz_tenon_credentials.tf.json > `+seen+`
echo '{"@message":"x","type":"change_summary","changes":{"operation":"apply"}}'`)})
	text := "terraform {\n  required_providers {\n    it = { source = \"" + source + "\" }\n  }\n}\n"
	req := request(t, bundle("src/main.tf", text), nil)
	req.Providers = map[string]provisioner.Provider{"it.x": p}
	if _, err := driver.Apply(t.Context(), req, provisioner.Discard); err != nil {
		return "", err
	}
	found, err := os.ReadFile(seen)
	require.NoError(t, err)
	var document struct {
		Provider map[string][]map[string]any
	}
	require.NoError(t, json.Unmarshal(found, &document))
	require.Len(t, document.Provider["it"], 1)
	require.Equal(t, "x", document.Provider["it"][0]["alias"])
	delete(document.Provider["it"][0], "alias")
	made, err := json.Marshal(document.Provider["it"][0])
	require.NoError(t, err)
	requireEmpty(t, req.WorkDir)
	return string(made), nil
}

// What each kind of credentials becomes in the configuration of its provider.
func TestProviderArguments(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	pem := base64.StdEncoding.EncodeToString([]byte("-----BEGIN X-----\n"))
	for name, test := range map[string]struct {
		source, kind   string
		data, settings object
		want           string
	}{
		"aws keys": {"hashicorp/aws", "aws-credentials", object{"account": "1", "accessKeyId": "a", "secretAccessKey": "b${c}%{d}", "sessionToken": "t"}, nil,
			`{"access_key": "a", "secret_key": "b$${c}%%{d}", "token": "t", "allowed_account_ids": ["1"]}`},
		"aws role": {"registry.terraform.io/hashicorp/aws", "aws-credentials@1", object{"account": "1", "roleArn": "r", "externalId": "e", "region": "one"}, object{"region": "two"},
			`{"region": "two", "allowed_account_ids": ["1"], "assume_role": [{"role_arn": "r", "external_id": "e", "session_name": "tenon-shop-dev.db"}]}`},
		"aws chain": {"hashicorp/aws", "aws-iam-role", object{"arn": "r"}, object{"chain": []any{"s", object{"role_arn": "u", "external_id": "e", "session_name": "mine"}}},
			`{"assume_role": [{"role_arn": "r", "session_name": "tenon-shop-dev.db"}, {"role_arn": "s", "session_name": "tenon-shop-dev.db"}, {"role_arn": "u", "external_id": "e", "session_name": "mine"}]}`},
		"aws web identity": {"hashicorp/aws", "aws-iam-role", object{"arn": "r"}, object{"assume_role_with_web_identity": object{"web_identity_token_file": "/t"}},
			`{"assume_role_with_web_identity": [{"role_arn": "r", "session_name": "tenon-shop-dev.db", "web_identity_token_file": "/t"}]}`},
		"gcp key": {"hashicorp/google", "gcp-credentials", object{"project": "p", "region": "r", "key": "{}"}, nil, `{"project": "p", "region": "r", "credentials": "{}"}`},
		"gcp impersonated": {"hashicorp/google-beta", "gcp-service-account", object{"email": "a@b", "project": "p"}, object{"region": "r"},
			`{"impersonate_service_account": "a@b", "project": "p", "region": "r"}`},
		"azure secret": {"hashicorp/azurerm", "azure-credentials", object{"subscriptionId": "s", "tenantId": "t", "clientId": "c", "clientSecret": "x"}, nil,
			`{"subscription_id": "s", "tenant_id": "t", "client_id": "c", "client_secret": "x", "features": [{}]}`},
		"azure federated": {"hashicorp/azuread", "azure-credentials", object{"subscriptionId": "s", "tenantId": "t", "clientId": "c", "federated": true}, nil,
			`{"tenant_id": "t", "client_id": "c", "use_oidc": true}`},
		"kubernetes": {"hashicorp/kubernetes", "kubernetes-credentials", object{"endpoint": "https://k", "certificateAuthority": pem, "token": "t"}, nil,
			`{"host": "https://k", "cluster_ca_certificate": "-----BEGIN X-----\n", "token": "t"}`},
		"kubernetes exec": {"hashicorp/kubernetes", "kubernetes-cluster", object{"endpoint": "https://k", "iamAuth": true}, object{"exec": object{"command": "aws"}},
			`{"host": "https://k", "exec": {"command": "aws"}}`},
		"helm": {"hashicorp/helm", "kubernetes-credentials", object{"endpoint": "https://k", "clientCertificate": pem, "clientKey": pem}, object{"kubernetes": object{"insecure": true}},
			`{"kubernetes": {"host": "https://k", "client_certificate": "-----BEGIN X-----\n", "client_key": "-----BEGIN X-----\n", "insecure": true}}`},
		"kubectl":          {"alekc/kubectl", "kubernetes-credentials", object{"endpoint": "https://k", "token": "t"}, nil, `{"host": "https://k", "token": "t", "load_config_file": false}`},
		"cloudflare":       {"cloudflare/cloudflare", "cloudflare-credentials", object{"accountId": "a", "apiToken": "t"}, nil, `{"api_token": "t"}`},
		"datadog":          {"DataDog/datadog", "datadog-credentials", object{"site": "datadoghq.eu", "apiKey": "a", "appKey": "b"}, nil, `{"api_key": "a", "app_key": "b", "api_url": "https://api.datadoghq.eu/"}`},
		"github app":       {"integrations/github", "github-credentials", object{"owner": "o", "appId": "1", "installationId": "2", "privateKey": "p"}, nil, `{"owner": "o", "app_auth": [{"id": "1", "installation_id": "2", "pem_file": "p"}]}`},
		"gitlab":           {"gitlabhq/gitlab", "gitlab-credentials", object{"url": "https://g", "token": "t"}, nil, `{"base_url": "https://g/api/v4/", "token": "t"}`},
		"grafana":          {"grafana/grafana", "grafana-credentials", object{"url": "https://g", "orgId": 1, "username": "u", "password": "p"}, nil, `{"url": "https://g", "org_id": 1, "auth": "u:p"}`},
		"vault":            {"hashicorp/vault", "vault-credentials", object{"address": "https://v", "roleId": "r", "secretId": "s"}, nil, `{"address": "https://v", "auth_login": [{"path": "auth/approle/login", "parameters": {"role_id": "r", "secret_id": "s"}}]}`},
		"pagerduty":        {"PagerDuty/pagerduty", "pagerduty-credentials", object{"token": "t", "region": "eu"}, nil, `{"token": "t", "service_region": "eu"}`},
		"new relic":        {"newrelic/newrelic", "new-relic-credentials", object{"accountId": "1", "userKey": "k", "region": "EU"}, nil, `{"account_id": "1", "api_key": "k", "region": "EU"}`},
		"atlas":            {"mongodb/mongodbatlas", "mongodb-atlas-credentials", object{"publicKey": "a", "privateKey": "b"}, nil, `{"public_key": "a", "private_key": "b"}`},
		"confluent":        {"confluentinc/confluent", "confluent-credentials", object{"apiKey": "a", "apiSecret": "b"}, nil, `{"cloud_api_key": "a", "cloud_api_secret": "b"}`},
		"by settings only": {"acme/unheard-of", "slack-credentials", object{"token": "t"}, object{"token": "mine"}, `{"token": "mine"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made, err := configuredBy(t, test.source, provisioner.Provider{Type: test.kind, Data: test.data, Settings: test.settings})
			require.NoError(t, err)
			require.JSONEq(t, test.want, made)
		})
	}
}

func TestProviderProblems(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	for name, test := range map[string]struct {
		source, kind   string
		data, settings object
		want           string
	}{
		"unknown provider": {"acme/unheard-of", "slack-credentials", object{"token": "t"}, nil,
			"src: providers[\"it.x\"]: it is not known how provider acme/unheard-of is configured from an artifact of type slack-credentials (write the provider's arguments as settings)"},
		"unknown pair": {"hashicorp/aws", "gcp-credentials", object{"project": "p"}, nil,
			"src: providers[\"it.x\"]: it is not known how provider hashicorp/aws is configured from an artifact of type gcp-credentials (write the provider's arguments as settings)"},
		"a reference": {"cloudflare/cloudflare", "cloudflare-credentials", object{"secretRef": object{}}, nil,
			"src: providers[\"it.x\"]: the credentials are a reference to a store of secrets (resolve it before the run, or write the provider's arguments as settings)"},
		"incomplete": {"hashicorp/aws", "aws-credentials", object{"account": "1"}, nil,
			"src: providers[\"it.x\"]: the credentials have no role or secret key (write the provider's arguments as settings)"},
		"identity": {"hashicorp/kubernetes", "kubernetes-cluster", object{"endpoint": "https://k", "iamAuth": true}, nil,
			"src: providers[\"it.x\"]: the cluster takes the identity of who asks (say by the setting exec how a token is got: {api_version, command, args})"},
		"alias": {"hashicorp/aws", "aws-iam-role", object{"arn": "r"}, object{"alias": "y"},
			`src: providers["it.x"]: the setting "alias" is not one that a step can give (the alias stands in the provider's name: it.dns)`},
		"tags": {"hashicorp/aws", "aws-iam-role", object{"arn": "r"}, object{"default_tags": object{}},
			`src: providers["it.x"]: the setting "default_tags" is not one that a step can give (tags come from the organization, the project and the bundle)`},
		"chain": {"hashicorp/aws", "aws-iam-role", object{"arn": "r"}, object{"chain": "s"},
			"src: providers[\"it.x\"]: the setting chain is a list of roles (each by its ARN, or as an object {role_arn, external_id})"},
		"link of a chain": {"hashicorp/aws", "aws-iam-role", object{"arn": "r"}, object{"chain": []any{object{}}},
			"src: providers[\"it.x\"]: role 1 of the setting chain has no role_arn (each by its ARN, or as an object {role_arn, external_id})"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := configuredBy(t, test.source, provisioner.Provider{Type: test.kind, Data: test.data, Settings: test.settings})
			require.EqualError(t, err, test.want)
		})
	}
	req := request(t, bundle("src/main.tf", "resource \"aws_vpc\" \"a\" {}\n"), nil)
	req.Providers = map[string]provisioner.Provider{"awss": {}}
	_, err := terraform.New(&terraform.Options{Path: fakeTool(t, "exit 1")}).Plan(t.Context(), req, provisioner.Discard)
	require.EqualError(t, err, `src: providers.awss: the module uses no provider with the local name "awss" (did you mean "aws"?)`)
}

// A provider that only a called module uses is configured where its local name means it.
func TestProviderOfCalledModule(t *testing.T) {
	t.Parallel()
	files := bundle("src/main.tf", "module \"m\" {\n  source = \"./m\"\n}\n", "src/m/main.tf", "terraform {\n  required_providers {\n    datadog = { source = \"DataDog/datadog\" }\n  }\n}\nresource \"aws_vpc\" \"a\" {}\n")
	seen := filepath.Join(t.TempDir(), "seen")
	driver := terraform.New(&terraform.Options{Path: fakeTool(t, `[ "$1" = init ] && exit 0; /bin/cat zz_tenon_credentials.tf.json > `+seen+`; exit 1`)})
	req := request(t, files, nil)
	req.Providers = map[string]provisioner.Provider{"aws": {Type: "aws-iam-role", Data: map[string]any{"arn": "r"}}}
	_, err := driver.Plan(t.Context(), req, provisioner.Discard)
	require.Error(t, err)
	text, err := os.ReadFile(seen)
	require.NoError(t, err)
	require.JSONEq(t, `{"provider": {"aws": [{"assume_role": [{"role_arn": "r", "session_name": "tenon-shop-dev.db"}]}]}}`, string(text))
	req.Providers = map[string]provisioner.Provider{"datadog": {Type: "datadog-credentials", Data: map[string]any{"apiKey": "k"}}}
	_, err = driver.Plan(t.Context(), req, provisioner.Discard)
	require.EqualError(t, err, `src: providers.datadog: only a called module uses provider datadog/datadog, under the local name "datadog" `+
		"(name it in required_providers of the step's own module as well, so that it can be configured there)")
}

// A destroy has the credentials of its request, not those of the last run.
func TestDestroyHasFreshCredentials(t *testing.T) {
	t.Parallel()
	seen := filepath.Join(t.TempDir(), "seen")
	driver := terraform.New(&terraform.Options{Path: fakeTool(t, `[ "$1" = init ] && exit 0
/bin/cat zz_tenon_credentials.tf.json >> `+seen+`; echo >> `+seen+`
echo '{"@message":"x","type":"change_summary","changes":{"operation":"apply"}}'`)})
	req := request(t, bundle("src/main.tf", "resource \"cloudflare_zone\" \"a\" {}\nterraform {\n  required_providers {\n    cloudflare = { source = \"cloudflare/cloudflare\" }\n  }\n}\n"), nil)
	req.State = &memo{text: []byte(`{"version": 4, "resources": [{"mode": "managed", "type": "cloudflare_zone", "name": "a", "instances": [{}]}]}`)}
	for _, mode := range []provisioner.Mode{provisioner.Apply, provisioner.Destroy} {
		req.Mode = mode
		req.Providers = map[string]provisioner.Provider{"cloudflare": {Type: "cloudflare-credentials", Data: map[string]any{"apiToken": "for-" + string(mode)}}}
		_, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
	}
	require.Equal(t, []string{`{"provider":{"cloudflare":[{"api_token":"for-apply"}]}}`, `{"provider":{"cloudflare":[{"api_token":"for-destroy"}]}}`}, made(t, seen))
}

// What is secret in credentials is in no message, however the tool writes it; what says
// where and who is left to be read.
func TestCredentialsStaySecret(t *testing.T) {
	t.Parallel()
	key := base64.StdEncoding.EncodeToString([]byte("the key of the client"))
	driver := terraform.New(&terraform.Options{Path: fakeTool(t,
		`[ "$1" = init ] && exit 0; echo "at https://k in one: tok-4711 `+key+` the key of the client by-settings inner-secret ext-4711" >&2; exit 1`)})
	req := request(t, bundle("src/main.tf", "resource \"kubernetes_pod\" \"a\" {}\nresource \"google_x\" \"a\" {}\nresource \"aws_vpc\" \"a\" {}\n"), nil)
	req.Providers = map[string]provisioner.Provider{
		"kubernetes": {Type: "kubernetes-credentials", Data: map[string]any{"endpoint": "https://k", "token": "tok-4711", "clientKey": key}, Settings: map[string]any{"password": "by-settings"}},
		"google":     {Type: "gcp-credentials", Data: map[string]any{"project": "one", "key": `{"private_key": "inner-secret", "project_id": "one"}`}},
		"aws":        {Type: "aws-iam-role", Data: map[string]any{"arn": "r"}, Settings: map[string]any{"region": "one", "chain": []any{map[string]any{"role_arn": "s", "external_id": "ext-4711"}}}},
	}
	_, err := driver.Plan(t.Context(), req, provisioner.Discard)
	require.EqualError(t, err, "terraform plan ended with exit status 1: at https://k in one: (sensitive) (sensitive) (sensitive) (sensitive) (sensitive) (sensitive)")
}
