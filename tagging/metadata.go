package tagging

// Metadata is the stable part of what every step is told about where it runs: it is part
// of the digest of a step's inputs and may become variables and tags. It holds no secret.
type Metadata struct {
	Organization string `json:"organization,omitempty"`
	Project      string `json:"project"`
	Environment  string `json:"environment"`
	Component    string `json:"component"`
	Instance     string `json:"instance"` // address: shop/dev.db
	Account      string `json:"account,omitempty"`
	Region       string `json:"region,omitempty"`
	Bundle       string `json:"bundle"`
	Version      string `json:"version"`     // of the bundle
	NamePrefix   string `json:"name_prefix"` // at most MaxNamePrefix bytes
	Tags         Tags   `json:"tags"`
}

// Document is the metadata as expressions see it (.metadata) and as modules get it
// (var.metadata): every key is there, an empty text where nothing is known.
func (m Metadata) Document() map[string]any {
	tags := make(map[string]any, len(m.Tags))
	for key, value := range m.Tags {
		tags[key] = value
	}
	return map[string]any{
		"organization": m.Organization, "project": m.Project, "environment": m.Environment, "component": m.Component,
		"instance": m.Instance, "account": m.Account, "region": m.Region, "bundle": m.Bundle, "version": m.Version,
		"name_prefix": m.NamePrefix, "tags": tags,
	}
}

// Run is the part that differs from run to run: it is never in a digest, a tag or a
// variable, and reaches tools by environment variables.
type Run struct {
	Deployment  string `json:"deployment,omitempty"`
	Time        string `json:"time,omitempty"` // RFC 3339 in UTC
	RequestedBy string `json:"requestedBy,omitempty"`
}

// Environ gives the environment variables, NAME=value, for what is known.
func (r Run) Environ() []string {
	var variables []string
	for _, v := range [][2]string{{"TENON_DEPLOYMENT", r.Deployment}, {"TENON_TIME", r.Time}, {"TENON_REQUESTED_BY", r.RequestedBy}} {
		if v[1] != "" {
			variables = append(variables, v[0]+"="+v[1])
		}
	}
	return variables
}
