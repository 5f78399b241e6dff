package plan

import "regexp"

var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// ValidID reports whether s can be the id of an upgrade or of anything in
// its plan: lower-case letters, digits and hyphens, at most 63, the first not
// a hyphen.
func ValidID(s string) bool { return idForm.MatchString(s) }
