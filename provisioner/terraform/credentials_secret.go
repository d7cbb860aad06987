package terraform

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// public are the fields of credentials that say where and who, and not how: what a person
// needs to read in a message. Source: the credentials types of the standard catalog, the
// fields without x-sensitive.
var public = []string{
	"account", "accountId", "accessKeyId", "address", "appId", "arn", "authMount", "baseUrl", "certificateAuthority", "clientCertificate",
	"clientId", "email", "endpoint", "environmentId", "expires", "group", "host", "id", "installationId", "location", "name", "namespace",
	"orgId", "organizationId", "owner", "ownerId", "path", "project", "projectId", "publicKey", "region", "resourceId", "role", "roleArn",
	"scopes", "secretRef", "serviceAccount", "site", "subdomain", "subscriptionId", "tenantId", "tokenFile", "uniqueId", "url", "username",
	"vaultNamespace", "version", "workloadIdentityProvider",
}

// credentials are the secrets in the document of an artifact: everything that is not known
// to be none, also as it is inside of JSON and base64.
func credentials(document any) []any {
	var found []any
	var visit func(v any)
	visit = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, item := range v {
				if !slices.Contains(public, key) {
					visit(item)
				}
			}
		case []any:
			for _, item := range v {
				visit(item)
			}
		case string:
			found = append(found, v)
			if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(v)); err == nil && len(plain) >= 8 {
				found = append(found, string(plain))
			}
			var inner map[string]any
			if json.Unmarshal([]byte(v), &inner) == nil {
				found = append(found, telling(inner)...)
			}
		case json.Number:
			found = append(found, v)
		}
	}
	visit(document)
	return found
}

// tellingKey is the name of an argument whose value is a secret.
var tellingKey = regexp.MustCompile(`(?i)secret|token|passw|private_?key|client_?key|api_?key|app_?key|external_?id|^auth$|^credentials$`)

// telling are the values of an object whose names say that they are secret.
func telling(object map[string]any) []any {
	var found []any
	for key, value := range object {
		if tellingKey.MatchString(key) && !strings.HasSuffix(key, "_file") && !strings.HasSuffix(key, "_uri") && !strings.HasSuffix(key, "_url") {
			found = append(found, value)
			continue
		}
		switch v := value.(type) {
		case map[string]any:
			found = append(found, telling(v)...)
		case []any:
			for _, item := range v {
				if inner, ok := item.(map[string]any); ok {
					found = append(found, telling(inner)...)
				}
			}
		}
	}
	return found
}
