package usage

import (
	"maps"
	"slices"
)

// WindowsZones are the names of zones that calendars of Windows have.
func WindowsZones() []string { return slices.Sorted(maps.Keys(windowsZones)) }
