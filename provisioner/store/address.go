package store

import "strings"

// projectOf gives shop of shop/dev.db.database.
func projectOf(address string) string {
	project, _, _ := strings.Cut(address, "/")
	return project
}

// environmentOf gives shop/dev of shop/dev, shop/dev.db and shop/dev.db.database; an
// imported artifact has none.
func environmentOf(address string) string {
	if strings.HasPrefix(address, "imported:") {
		return ""
	}
	environment, _, _ := strings.Cut(address, ".")
	return environment
}
