package usage

import (
	"fmt"
	"strings"
	"time"
)

// location finds the zone of a TZID: by its IANA name, also behind the address
// of who made the file (/example.org/20260101/Europe/Berlin), or by the name
// that Outlook and Exchange write.
func location(tzid string) (*time.Location, error) {
	name := tzid
	if iana, ok := windowsZones[tzid]; ok {
		name = iana
	}
	for strings.HasPrefix(name, "/") {
		rest := name[1:]
		if zone, err := time.LoadLocation(rest); err == nil && rest != "" && rest != "Local" {
			return zone, nil
		}
		slash := strings.IndexByte(rest, '/')
		if slash < 0 {
			break
		}
		name = rest[slash:]
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" || name == "" {
		return nil, fmt.Errorf("TZID %s is no IANA zone", quote(tzid))
	}
	return zone, nil
}

// windowsZones are the zones of Windows, each by the place that stands for it
// in the Unicode CLDR (windowsZones.xml, territory 001).
var windowsZones = map[string]string{
	"Hawaiian Standard Time": "Pacific/Honolulu", "Alaskan Standard Time": "America/Anchorage",
	"Pacific Standard Time": "America/Los_Angeles", "US Mountain Standard Time": "America/Phoenix",
	"Mountain Standard Time": "America/Denver", "Central America Standard Time": "America/Guatemala",
	"Central Standard Time": "America/Chicago", "Canada Central Standard Time": "America/Regina",
	"Central Standard Time (Mexico)": "America/Mexico_City", "SA Pacific Standard Time": "America/Bogota",
	"Eastern Standard Time": "America/New_York", "US Eastern Standard Time": "America/Indiana/Indianapolis",
	"Venezuela Standard Time": "America/Caracas", "Atlantic Standard Time": "America/Halifax",
	"SA Western Standard Time": "America/La_Paz", "Pacific SA Standard Time": "America/Santiago",
	"Newfoundland Standard Time": "America/St_Johns", "E. South America Standard Time": "America/Sao_Paulo",
	"Argentina Standard Time": "America/Argentina/Buenos_Aires", "SA Eastern Standard Time": "America/Cayenne",
	"Azores Standard Time": "Atlantic/Azores", "Greenwich Standard Time": "Atlantic/Reykjavik",
	"GMT Standard Time": "Europe/London", "Morocco Standard Time": "Africa/Casablanca",
	"W. Europe Standard Time": "Europe/Berlin", "Central Europe Standard Time": "Europe/Budapest",
	"Romance Standard Time": "Europe/Paris", "Central European Standard Time": "Europe/Warsaw",
	"W. Central Africa Standard Time": "Africa/Lagos", "GTB Standard Time": "Europe/Bucharest",
	"E. Europe Standard Time": "Europe/Chisinau", "FLE Standard Time": "Europe/Kyiv",
	"Turkey Standard Time": "Europe/Istanbul", "Israel Standard Time": "Asia/Jerusalem",
	"Egypt Standard Time": "Africa/Cairo", "South Africa Standard Time": "Africa/Johannesburg",
	"Arab Standard Time": "Asia/Riyadh", "E. Africa Standard Time": "Africa/Nairobi",
	"Russian Standard Time": "Europe/Moscow", "Arabian Standard Time": "Asia/Dubai",
	"Iran Standard Time": "Asia/Tehran", "Pakistan Standard Time": "Asia/Karachi",
	"India Standard Time": "Asia/Kolkata", "Nepal Standard Time": "Asia/Kathmandu",
	"Bangladesh Standard Time": "Asia/Dhaka", "SE Asia Standard Time": "Asia/Bangkok",
	"China Standard Time": "Asia/Shanghai", "Singapore Standard Time": "Asia/Singapore",
	"Taipei Standard Time": "Asia/Taipei", "W. Australia Standard Time": "Australia/Perth",
	"Tokyo Standard Time": "Asia/Tokyo", "Korea Standard Time": "Asia/Seoul",
	"Cen. Australia Standard Time": "Australia/Adelaide", "AUS Central Standard Time": "Australia/Darwin",
	"AUS Eastern Standard Time": "Australia/Sydney", "E. Australia Standard Time": "Australia/Brisbane",
	"Tasmania Standard Time": "Australia/Hobart", "New Zealand Standard Time": "Pacific/Auckland",
}
