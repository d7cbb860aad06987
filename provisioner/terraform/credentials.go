package terraform

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// writeCredentials writes the arguments of providers as an override file in JSON.
func (w *work) writeCredentials(folder string, list []configured) error {
	text, err := overrides(list)
	if err != nil || text == nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.inFiles(folder), credentialsName), text, 0o600)
}

// overrides is the text of the override file; nil where there is nothing to override.
func overrides(list []configured) ([]byte, error) {
	if len(list) == 0 {
		return nil, nil
	}
	providers := map[string][]any{}
	for _, c := range list {
		block := map[string]any{}
		for name, value := range c.arguments {
			block[name] = literally(value)
		}
		if c.alias != "" {
			block["alias"] = c.alias
		}
		providers[c.name] = append(providers[c.name], block)
	}
	return json.Marshal(map[string]any{"provider": providers})
}

// literally is a document whose texts the tool takes as they are: in its JSON they are
// templates.
// Source: Terraform documentation, "JSON Configuration Syntax", "Expression Mapping".
func literally(document any) any {
	switch v := document.(type) {
	case string:
		return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(v)
	case []any:
		made := make([]any, len(v))
		for i, item := range v {
			made[i] = literally(item)
		}
		return made
	case map[string]any:
		made := make(map[string]any, len(v))
		for key, item := range v {
			made[key] = literally(item)
		}
		return made
	}
	return document
}

// A plan file holds the configuration that it was made with, and a saved plan is applied
// with that: with credentials that have run out since, were they left in it. So a plan is
// saved without them, and gets those of the request that applies it.
// Source: Terraform, internal/plans/planfile: a zip file with tfconfig/m-/… for the root.
const planConfig = "tfconfig/m-/" + credentialsName

// exchange gives a plan file with other credentials in the place of its own; it is left
// as it is where it was made without any.
func exchange(plan, credentials []byte) ([]byte, error) {
	from, err := zip.NewReader(bytes.NewReader(plan), int64(len(plan)))
	if err != nil {
		return plan, nil //nolint:nilerr // an encrypted plan: nobody can read its credentials, nor change them
	}
	made := &bytes.Buffer{}
	to := zip.NewWriter(made)
	found := false
	for _, file := range from.File {
		if file.Name != planConfig {
			if err := to.Copy(file); err != nil {
				return nil, err
			}
			continue
		}
		found = true
		// In the place of what is not there the tool sees a file without blocks.
		if credentials == nil {
			credentials = []byte("{}")
		}
		entry, err := to.CreateHeader(&zip.FileHeader{Name: file.Name, Method: zip.Deflate, Modified: file.Modified})
		if err != nil {
			return nil, err
		}
		if _, err := entry.Write(credentials); err != nil {
			return nil, err
		}
	}
	if !found {
		return plan, nil
	}
	if err := to.Close(); err != nil {
		return nil, err
	}
	return made.Bytes(), nil
}
