package provisioner

import "slices"

// Capability is something that a driver can do beside planning and applying.
type Capability string

const (
	CanDrift    Capability = "drift"    // DriftDetector
	CanImport   Capability = "import"   // Importer
	CanInspect  Capability = "inspect"  // Inspector
	CanRecover  Capability = "recover"  // Recoverer
	CanValidate Capability = "validate" // Validator
	HasVersion  Capability = "version"  // Versioned
)

// Capable is a driver that has the methods of optional interfaces, but not always the
// power: one that stands for another, such as a driver in a plugin. What it cannot do
// answers ErrUnsupported.
type Capable interface {
	Capabilities() []Capability
}

// Capabilities of a driver, sorted: the optional interfaces that it has, and has the
// power of.
func Capabilities(d Driver) []Capability {
	var found []Capability
	for _, c := range []struct {
		capability Capability
		has        bool
	}{
		{CanDrift, has[DriftDetector](d)},
		{CanImport, has[Importer](d)},
		{CanInspect, has[Inspector](d)},
		{CanRecover, has[Recoverer](d)},
		{CanValidate, has[Validator](d)},
		{HasVersion, has[Versioned](d)},
	} {
		if c.has {
			found = append(found, c.capability)
		}
	}
	return found
}

func has[T any](d Driver) bool {
	_, ok := As[T](d)
	return ok
}

// As gives a driver as one of the optional interfaces, and whether it has its power:
//
//	if importer, ok := provisioner.As[provisioner.Importer](driver); ok { … }
func As[T any](d Driver) (T, bool) {
	var none T
	power, ok := d.(T)
	if !ok {
		return none, false
	}
	capable, asked := d.(Capable)
	if !asked {
		return power, true
	}
	if c := capabilityOf[T](); c != "" && !slices.Contains(capable.Capabilities(), c) {
		return none, false
	}
	return power, true
}

// capabilityOf names the capability that an interface stands for; none for others.
func capabilityOf[T any]() Capability {
	switch any((*T)(nil)).(type) {
	case *DriftDetector:
		return CanDrift
	case *Importer:
		return CanImport
	case *Inspector:
		return CanInspect
	case *Recoverer:
		return CanRecover
	case *Validator:
		return CanValidate
	case *Versioned:
		return HasVersion
	}
	return ""
}
