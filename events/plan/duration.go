package plan

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time, written as in "14d", "1h30m", "90m", "30s".
type Duration time.Duration

// Std is the duration as the standard library has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes the duration in days, hours, minutes and seconds, without
// what is zero: "1d12h"; zero is "0m".
func (d Duration) String() string {
	if d == 0 {
		return "0m"
	}
	rest := time.Duration(d)
	var b strings.Builder
	for _, u := range durationUnits {
		if n := rest / u.size; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			rest %= u.size
		}
	}
	return b.String()
}

// MarshalJSON writes the duration as a string.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := ParseDuration(s)
	*d = v
	return err
}

var durationUnits = []struct {
	name string
	size time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

// maxDuration is ten years: more is a mistake, and sums of it stay countable.
const maxDuration = 3660 * 24 * time.Hour

var durationForm = regexp.MustCompile(`^(\d{1,4}d)?(\d{1,5}h)?(\d{1,7}m)?(\d{1,8}s)?$`)

// ParseDuration reads a duration in days, hours, minutes and seconds, in
// this order, at least one of them.
func ParseDuration(s string) (Duration, error) {
	parts := durationForm.FindStringSubmatch(s)
	if s == "" || parts == nil {
		return 0, fmt.Errorf("%q is not a duration: write 14d, 8h, 90m or 1h30m", s)
	}
	var total time.Duration
	for i, u := range durationUnits {
		if parts[i+1] == "" {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSuffix(parts[i+1], u.name), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is not a duration: %w", s, err)
		}
		total += time.Duration(n) * u.size
	}
	if total > maxDuration {
		return 0, fmt.Errorf("%q is longer than %s", s, Duration(maxDuration))
	}
	return Duration(total), nil
}
