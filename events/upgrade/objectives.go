package upgrade

import (
	"math/big"
	"regexp"
	"strings"

	"upgradehub/events"
)

func (u *Upgrade) objectiveMeasured(e events.Event, d *events.Measured) Effect {
	for i := range u.Objectives {
		o := &u.Objectives[i]
		if o.ID != d.Objective {
			continue
		}
		value := d.Value.String()
		if o.Value == value {
			return done(false)
		}
		o.Value, o.Met = value, met(value, u.target(o.ID))
		return done(true)
	}
	return unknown(e, "objective", d.Objective, names(u.Objectives, func(o Objective) string { return o.ID }))
}

func (u *Upgrade) target(objective string) string {
	for _, o := range u.Plan.Objectives {
		if o.ID == objective {
			return o.Target
		}
	}
	return ""
}

// comparisons reads what a comparison of value with target makes of a sign.
var comparisons = map[string]func(cmp int) bool{
	">=": func(c int) bool { return c >= 0 },
	"<=": func(c int) bool { return c <= 0 },
	"==": func(c int) bool { return c == 0 },
	"=":  func(c int) bool { return c == 0 },
	">":  func(c int) bool { return c > 0 },
	"<":  func(c int) bool { return c < 0 },
}

var targetForm = regexp.MustCompile(`^\s*(>=|<=|==|=|>|<)\s*(\S+)\s*$`)

// met compares a value with a target such as ">= 99.9"; nil if either cannot
// be read.
func met(value, target string) *bool {
	parts := targetForm.FindStringSubmatch(target)
	if parts == nil {
		return nil
	}
	v, want := decimal(value), decimal(parts[2])
	if v == nil || want == nil {
		return nil
	}
	ok := comparisons[parts[1]](v.Cmp(want))
	return &ok
}

var decimalForm = regexp.MustCompile(`^-?\d{1,64}(\.\d{1,64})?([eE][+-]?\d{1,3})?$`)

// decimal reads a number exactly. Its form is bounded, because 1e999999999
// is short to write and takes gigabytes to hold.
func decimal(s string) *big.Rat {
	s = strings.TrimPrefix(s, "+")
	if !decimalForm.MatchString(s) {
		return nil
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil
	}
	return r
}
