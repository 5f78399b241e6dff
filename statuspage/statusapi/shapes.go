package statusapi

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
)

// The shapes are those of Statuspage, field by field and in its order:
// clients exist that refuse a field they do not know. Nothing may be added.

type page struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	URL       string `json:"url"`
	TimeZone  string `json:"time_zone"`
	UpdatedAt stamp  `json:"updated_at"`
}

type status struct {
	Indicator   string `json:"indicator"`
	Description string `json:"description"`
}

type component struct {
	ID                 string  `json:"id"`
	Name               string  `json:"name"`
	Status             string  `json:"status"`
	CreatedAt          stamp   `json:"created_at"`
	UpdatedAt          stamp   `json:"updated_at"`
	Position           int     `json:"position"`
	Description        *string `json:"description"`
	Showcase           bool    `json:"showcase"`
	StartDate          *string `json:"start_date"`
	GroupID            *string `json:"group_id"`
	PageID             string  `json:"page_id"`
	Group              bool    `json:"group"`
	OnlyShowIfDegraded bool    `json:"only_show_if_degraded"`
	// Components are the children of a group; others have no such field.
	Components []string `json:"components,omitempty"`
}

// incident is never filled: the hub knows of planned work only. The lists of
// incidents are there and empty.
type incident struct{}

type maintenance struct {
	ID             string      `json:"id"`
	Name           string      `json:"name"`
	Status         string      `json:"status"`
	CreatedAt      stamp       `json:"created_at"`
	UpdatedAt      stamp       `json:"updated_at"`
	MonitoringAt   *stamp      `json:"monitoring_at"`
	ResolvedAt     *stamp      `json:"resolved_at"`
	Impact         string      `json:"impact"`
	Shortlink      string      `json:"shortlink"`
	StartedAt      stamp       `json:"started_at"`
	PageID         string      `json:"page_id"`
	Updates        []update    `json:"incident_updates"`
	Components     []component `json:"components"`
	ScheduledFor   stamp       `json:"scheduled_for"`
	ScheduledUntil stamp       `json:"scheduled_until"`
}

type update struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	Body       string `json:"body"`
	IncidentID string `json:"incident_id"`
	CreatedAt  stamp  `json:"created_at"`
	UpdatedAt  stamp  `json:"updated_at"`
	DisplayAt  stamp  `json:"display_at"`
	// Affected is always null: what a component was at the moment of an
	// update is not public knowledge.
	Affected    []affected `json:"affected_components"`
	Deliver     bool       `json:"deliver_notifications"`
	CustomTweet *string    `json:"custom_tweet"`
	TweetID     *string    `json:"tweet_id"`
}

type affected struct{}

// stamp is a moment as Statuspage writes it: with milliseconds, in the page's
// zone, which is UTC.
type stamp time.Time

// MarshalText writes the moment.
func (s stamp) MarshalText() ([]byte, error) {
	return []byte(time.Time(s).UTC().Format("2006-01-02T15:04:05.000Z")), nil
}

// maybe is t, nil if there is none.
func maybe(t *time.Time) *stamp {
	if t == nil {
		return nil
	}
	s := stamp(*t)
	return &s
}

// idLength is how long an id is, and idSpace how many there are: 36 to the
// power of idLength.
const (
	idLength        = 12
	idSpace  uint64 = 4_738_381_338_321_616_896
)

// idOf is the id of a thing that those names stand for: twelve lower-case
// letters and digits, the same on every node and after every restart.
func idOf(names ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	id := strconv.FormatUint(binary.BigEndian.Uint64(sum[:8])%idSpace, 36)
	return strings.Repeat("0", idLength-len(id)) + id
}
