package terraform

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// data is what a provider's arguments are made of. A rule takes settings out that are not
// arguments themselves.
type data struct {
	document map[string]any
	settings map[string]any
	session  string
}

// rule makes a provider's arguments.
type rule func(data) (map[string]any, *mistake)

// mappings says by provider and type of artifact how one is configured from the other.
// Everything else is for settings.
var mappings = map[string]map[string]rule{
	// Source: Terraform Registry, hashicorp/aws 5.100, provider arguments.
	"hashicorp/aws": {"aws-credentials": awsCredentials, "aws-iam-role": awsRole},
	// Source: Terraform Registry, hashicorp/google 6.x, provider configuration reference.
	"hashicorp/google":      {"gcp-credentials": gcpCredentials, "gcp-service-account": gcpServiceAccount},
	"hashicorp/google-beta": {"gcp-credentials": gcpCredentials, "gcp-service-account": gcpServiceAccount},
	// Source: Terraform Registry, hashicorp/azurerm 4.x, argument reference: features is required.
	"hashicorp/azurerm": {"azure-credentials": azure(true, "subscription_id=subscriptionId")},
	// Source: Terraform Registry, hashicorp/azuread 3.x and azure/azapi 2.x, argument reference.
	"hashicorp/azuread": {"azure-credentials": azure(false)},
	"azure/azapi":       {"azure-credentials": azure(false, "subscription_id=subscriptionId")},
	// Source: Terraform Registry, hashicorp/kubernetes 2.x and gavinbunney/kubectl, argument reference.
	"hashicorp/kubernetes": {"kubernetes-credentials": cluster, "kubernetes-cluster": cluster},
	"gavinbunney/kubectl":  {"kubernetes-credentials": kubectl, "kubernetes-cluster": kubectl},
	"alekc/kubectl":        {"kubernetes-credentials": kubectl, "kubernetes-cluster": kubectl},
	// Source: Terraform Registry, hashicorp/helm, argument reference: kubernetes, a block in 2.x and an object in 3.x.
	"hashicorp/helm": {"kubernetes-credentials": helm, "kubernetes-cluster": helm},
	// Source: Terraform Registry, cloudflare/cloudflare, provider schema: api_token.
	"cloudflare/cloudflare": {"cloudflare-credentials": fields("api_token=apiToken")},
	// Source: Terraform Registry, DataDog/datadog, provider schema: api_key, app_key, api_url.
	"datadog/datadog": {"datadog-credentials": datadog},
	// Source: Terraform Registry, integrations/github, argument reference.
	"integrations/github": {"github-credentials": github},
	// Source: Terraform Registry, gitlabhq/gitlab, provider schema: base_url is the address of the API, v4.
	"gitlabhq/gitlab": {"gitlab-credentials": gitlab},
	// Source: Terraform Registry, grafana/grafana, provider schema: auth is a token, or name and password.
	"grafana/grafana": {"grafana-credentials": grafana},
	// Source: Terraform Registry, hashicorp/vault, provider arguments: auth_login, "AppRole".
	"hashicorp/vault": {"vault-credentials": vault},
	// Source: Terraform Registry, PagerDuty/pagerduty, provider arguments: token, service_region.
	"pagerduty/pagerduty": {"pagerduty-credentials": fields("token=token", "service_region?=region")},
	// Source: Terraform Registry, newrelic/newrelic, argument reference: api_key is a user key.
	"newrelic/newrelic": {"new-relic-credentials": fields("account_id=accountId", "api_key=userKey", "region?=region")},
	// Source: Terraform Registry, mongodb/mongodbatlas, argument reference.
	"mongodb/mongodbatlas": {"mongodb-atlas-credentials": fields("public_key=publicKey", "private_key=privateKey")},
	// Source: Terraform Registry, confluentinc/confluent, provider arguments.
	"confluentinc/confluent": {"confluent-credentials": fields("cloud_api_key=apiKey", "cloud_api_secret=apiSecret")},
}

func mappingOf(source, kind string) rule { return mappings[source][kind] }

func (d data) text(name string) string {
	text, _ := d.document[name].(string)
	return text
}

// lacks is a document that cannot be used as it is.
func (d data) lacks(what string) *mistake {
	if _, ok := d.document["secretRef"]; ok {
		return &mistake{Message: "the credentials are a reference to a store of secrets", Hint: "resolve it before the run, or write the provider's arguments as settings"}
	}
	return &mistake{Message: fmt.Sprintf("the credentials have no %s", what), Hint: "write the provider's arguments as settings"}
}

// set takes over what the document has: argument=field, or argument?=field for what need
// not be there.
func (d data) set(made map[string]any, pairs ...string) {
	for _, pair := range pairs {
		argument, field, _ := strings.Cut(pair, "=")
		if v, ok := d.document[field]; ok && v != nil {
			made[strings.TrimSuffix(argument, "?")] = v
		}
	}
}

// fields is the rule of a provider whose arguments are the document's fields.
func fields(pairs ...string) rule {
	return func(d data) (map[string]any, *mistake) {
		made := map[string]any{}
		d.set(made, pairs...)
		for _, pair := range pairs {
			argument, field, _ := strings.Cut(pair, "=")
			optional := strings.HasSuffix(argument, "?")
			if _, given := d.settings[argument]; !optional && !given && made[argument] == nil {
				return nil, d.lacks(field)
			}
		}
		return made, nil
	}
}

func datadog(d data) (map[string]any, *mistake) {
	made, wrong := fields("api_key=apiKey", "app_key?=appKey")(d)
	if site := d.text("site"); site != "" && wrong == nil {
		made["api_url"] = "https://api." + site + "/"
	}
	return made, wrong
}

func github(d data) (map[string]any, *mistake) {
	made := map[string]any{}
	d.set(made, "owner=owner", "token=token", "base_url=baseUrl")
	if key := d.text("privateKey"); key != "" {
		made["app_auth"] = []any{map[string]any{"id": d.text("appId"), "installation_id": d.text("installationId"), "pem_file": key}}
	}
	if made["token"] == nil && made["app_auth"] == nil && d.settings["token"] == nil && d.settings["app_auth"] == nil {
		return nil, d.lacks("token")
	}
	return made, nil
}

func gitlab(d data) (map[string]any, *mistake) {
	made, wrong := fields("token=token")(d)
	if url := d.text("url"); url != "" && wrong == nil {
		made["base_url"] = strings.TrimSuffix(url, "/") + "/api/v4/"
	}
	return made, wrong
}

func grafana(d data) (map[string]any, *mistake) {
	made := map[string]any{}
	d.set(made, "url=url", "org_id=orgId", "auth=token")
	if name, password := d.text("username"), d.text("password"); made["auth"] == nil && name != "" && password != "" {
		made["auth"] = name + ":" + password
	}
	if made["auth"] == nil && d.settings["auth"] == nil {
		return nil, d.lacks("token")
	}
	return made, nil
}

func vault(d data) (map[string]any, *mistake) {
	made := map[string]any{}
	d.set(made, "address=address", "namespace=vaultNamespace", "token=token")
	if id, secret := d.text("roleId"), d.text("secretId"); id != "" && secret != "" {
		mount := d.text("authMount")
		if mount == "" {
			mount = "approle"
		}
		made["auth_login"] = []any{map[string]any{"path": "auth/" + mount + "/login", "parameters": map[string]any{"role_id": id, "secret_id": secret}}}
	}
	given := slices.ContainsFunc([]string{"token", "auth_login", "auth_login_jwt", "auth_login_aws", "auth_login_gcp", "auth_login_azure"}, func(name string) bool {
		return made[name] != nil || d.settings[name] != nil
	})
	if !given {
		return nil, d.lacks("token")
	}
	return made, nil
}

// cluster is how a Kubernetes API is reached.
func cluster(d data) (map[string]any, *mistake) {
	made := map[string]any{}
	d.set(made, "host=endpoint", "token=token")
	for argument, field := range map[string]string{
		"cluster_ca_certificate": "certificateAuthority", "client_certificate": "clientCertificate", "client_key": "clientKey",
	} {
		if text := d.text(field); text != "" {
			made[argument] = decoded(text)
		}
	}
	for _, name := range []string{"token", "client_key", "exec", "config_path", "config_paths"} {
		if made[name] != nil || d.settings[name] != nil {
			return made, nil
		}
	}
	if d.document["iamAuth"] == true {
		return nil, &mistake{Message: "the cluster takes the identity of who asks", Hint: "say by the setting exec how a token is got: {api_version, command, args}"}
	}
	return nil, d.lacks("token")
}

func kubectl(d data) (map[string]any, *mistake) {
	made, wrong := cluster(d)
	if wrong == nil {
		made["load_config_file"] = false
	}
	return made, wrong
}

// helm has its cluster inside; settings may complete that.
func helm(d data) (map[string]any, *mistake) {
	inner, _ := d.settings["kubernetes"].(map[string]any)
	made, wrong := cluster(data{d.document, inner, d.session})
	if wrong != nil {
		return nil, wrong
	}
	for name, value := range inner {
		made[name] = value
	}
	delete(d.settings, "kubernetes")
	return map[string]any{"kubernetes": made}, nil
}

// decoded is a text in base64 as it is, for what may be written either way.
func decoded(text string) string {
	if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err == nil {
		return string(plain)
	}
	return text
}

// asJSON is a document as text; the documents here can all be written.
func asJSON(document any) string {
	text, _ := json.Marshal(document)
	return string(text)
}
