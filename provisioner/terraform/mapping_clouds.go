package terraform

import "fmt"

// awsCredentials are keys, or a role that is assumed with keys or with what the caller has.
func awsCredentials(d data) (map[string]any, *mistake) {
	made := map[string]any{}
	d.set(made, "region=region", "access_key=accessKeyId", "secret_key=secretAccessKey", "token=sessionToken")
	role := d.text("roleArn")
	if role == "" && made["secret_key"] == nil {
		return nil, d.lacks("role or secret key")
	}
	// The account that the artifact speaks of, and no other one. A chain may end elsewhere.
	_, chained := d.settings["chain"]
	_, assumed := d.settings["assume_role"]
	if account := d.text("account"); account != "" && !chained && !assumed {
		made["allowed_account_ids"] = []any{account}
	}
	return d.assume(made, role, d.text("externalId"))
}

func awsRole(d data) (map[string]any, *mistake) {
	role := d.text("arn")
	if role == "" {
		return nil, d.lacks("arn")
	}
	return d.assume(map[string]any{}, role, "")
}

// assume adds the role that is assumed, and those after it: the setting chain, roles by
// their ARN or as blocks of assume_role. With the setting assume_role_with_web_identity the
// first role is assumed by a token instead of credentials.
// Source: Terraform Registry, hashicorp/aws 5.100, "Assuming an IAM Role", "Assuming an IAM
// Role Using A Web Identity": blocks of assume_role are assumed in their order.
func (d data) assume(made map[string]any, role, external string) (map[string]any, *mistake) {
	var roles []any
	if web, ok := d.settings["assume_role_with_web_identity"].(map[string]any); ok {
		token := map[string]any{"session_name": d.session}
		if role != "" {
			token["role_arn"] = role
		}
		for name, value := range web {
			token[name] = value
		}
		made["assume_role_with_web_identity"] = []any{token}
		delete(d.settings, "assume_role_with_web_identity")
	} else if role != "" {
		first := map[string]any{"role_arn": role, "session_name": d.session}
		if external != "" {
			first["external_id"] = external
		}
		roles = append(roles, first)
	}
	chain, given := d.settings["chain"]
	delete(d.settings, "chain")
	next, isList := chain.([]any)
	if given && !isList {
		return nil, &mistake{Message: "the setting chain is a list of roles", Hint: "each by its ARN, or as an object {role_arn, external_id}"}
	}
	for i, one := range next {
		block := map[string]any{"session_name": d.session}
		switch one := one.(type) {
		case string:
			block["role_arn"] = one
		case map[string]any:
			for name, value := range one {
				block[name] = value
			}
		}
		if block["role_arn"] == nil {
			return nil, &mistake{Message: fmt.Sprintf("role %d of the setting chain has no role_arn", i+1), Hint: "each by its ARN, or as an object {role_arn, external_id}"}
		}
		roles = append(roles, block)
	}
	if len(roles) > 0 {
		made["assume_role"] = roles
	}
	return made, nil
}

// gcpCredentials are a key, or a token that a federation accepts.
// Source: AIP-4117, external account credentials, as the artifact's export has them.
func gcpCredentials(d data) (map[string]any, *mistake) {
	made := map[string]any{}
	d.set(made, "project=project", "region=region", "credentials=key")
	provider, token := d.text("workloadIdentityProvider"), d.text("tokenFile")
	if made["credentials"] == nil && provider != "" && token != "" {
		account := map[string]any{
			"type": "external_account", "audience": "//iam.googleapis.com/" + provider,
			"subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": "https://sts.googleapis.com/v1/token",
			"credential_source": map[string]any{"file": token},
		}
		if impersonated := d.text("serviceAccount"); impersonated != "" {
			account["service_account_impersonation_url"] = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" + impersonated + ":generateAccessToken"
		}
		made["credentials"] = asJSON(account)
	}
	for _, name := range []string{"credentials", "access_token"} {
		if made[name] != nil || d.settings[name] != nil {
			return made, nil
		}
	}
	if provider != "" {
		return nil, d.lacks("file with a token")
	}
	return nil, d.lacks("key")
}

func gcpServiceAccount(d data) (map[string]any, *mistake) {
	made := map[string]any{}
	d.set(made, "impersonate_service_account=email", "project=project")
	if made["impersonate_service_account"] == nil {
		return nil, d.lacks("email")
	}
	return made, nil
}

// azure is the rule of providers that log in as an application.
func azure(features bool, more ...string) rule {
	return func(d data) (map[string]any, *mistake) {
		made := map[string]any{}
		d.set(made, append([]string{"tenant_id=tenantId", "client_id=clientId", "client_secret=clientSecret"}, more...)...)
		if features {
			made["features"] = []any{map[string]any{}}
		}
		if d.document["federated"] == true {
			made["use_oidc"] = true
		}
		for _, name := range []string{"client_secret", "use_oidc", "use_msi", "use_cli", "oidc_token", "client_certificate", "client_certificate_path"} {
			if made[name] != nil || d.settings[name] != nil {
				return made, nil
			}
		}
		return nil, d.lacks("secret")
	}
}
