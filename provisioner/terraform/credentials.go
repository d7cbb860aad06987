package terraform

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// writeCredentials writes the arguments of providers as files in JSON.
func (w *work) writeCredentials(folder string, list []configured) error {
	for _, name := range []string{blocksName, credentialsName} {
		text, err := providerFile(name, list)
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(w.inFiles(folder), name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// providerFile is the text of one of the two files; nil where nothing belongs into it.
func providerFile(name string, list []configured) ([]byte, error) {
	providers := map[string][]any{}
	for _, c := range list {
		if c.declared != (name == credentialsName) {
			continue
		}
		block := map[string]any{}
		for name, value := range c.arguments {
			block[name] = literally(value)
		}
		if c.alias != "" {
			block["alias"] = c.alias
		}
		providers[c.name] = append(providers[c.name], block)
	}
	if len(providers) == 0 {
		return nil, nil
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
const planConfig = "tfconfig/m-/"

// exchange gives a plan file with the credentials of other providers in the place of its
// own; it is left as it is where it was made without any.
func exchange(plan []byte, list []configured) ([]byte, error) {
	from, err := zip.NewReader(bytes.NewReader(plan), int64(len(plan)))
	if err != nil {
		return plan, nil //nolint:nilerr // an encrypted plan: nobody can read its credentials, nor change them
	}
	made := &bytes.Buffer{}
	to := zip.NewWriter(made)
	found := false
	for _, file := range from.File {
		name, inRoot := strings.CutPrefix(file.Name, planConfig)
		if !inRoot || name != blocksName && name != credentialsName {
			if err := to.Copy(file); err != nil {
				return nil, err
			}
			continue
		}
		found = true
		text, err := providerFile(name, list)
		if err != nil {
			return nil, err
		}
		if text == nil {
			text = []byte("{}") // the tool looks for the file
		}
		entry, err := to.CreateHeader(&zip.FileHeader{Name: file.Name, Method: zip.Deflate, Modified: file.Modified})
		if err != nil {
			return nil, err
		}
		if _, err := entry.Write(text); err != nil {
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
