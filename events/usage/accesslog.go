package usage

import (
	"bufio"
	"fmt"
	"hash/maphash"
	"math"
	"strings"
	"time"
)

const (
	maxVisitors = 20_000_000     // addresses times hours
	quiet       = 24 * time.Hour // so long without a line is a gap in the logs
	logTime     = "02/Jan/2006:15:04:05 -0700"
	edge        = 5 * time.Minute // a log that begins so early in a step has all of it
)

// visit is what is read of one line of an access log.
type visit struct {
	address string
	at      time.Time
}

// parseVisit reads a line in common or combined format:
//
//	192.0.2.7 - - [01/Mar/2026:18:00:00 +0100] "GET / HTTP/1.1" 200 512 …
func parseVisit(line string) (visit, bool) {
	address, rest, ok := strings.Cut(line, " ")
	_, rest, bracket := strings.Cut(rest, " [")
	written, rest, closed := strings.Cut(rest, "] \"")
	if !ok || !bracket || !closed || address == "" {
		return visit{}, false
	}
	// The request ends with the quote before the status.
	_, rest, quoted := strings.Cut(rest, "\" ")
	if !quoted || len(rest) < 3 || rest[0] < '1' || rest[0] > '5' {
		return visit{}, false
	}
	at, err := time.Parse(logTime, written)
	if err != nil || inRange(at) != nil {
		return visit{}, false
	}
	return visit{address, at}, true
}

// visitor is somebody in one step. The address itself is not kept.
type visitor struct {
	step int64
	hash uint64
}

// visits counts lines by the half hour, or addresses by the hour: shorter,
// and one person would count again and again.
type visits struct {
	grid
	distinct    bool
	seed        maphash.Seed
	counts      map[int64]float64
	visitors    map[visitor]bool
	first, last time.Time
}

func newVisits(distinct bool) visits {
	return visits{distinct: distinct, seed: maphash.MakeSeed(), counts: map[int64]float64{}, visitors: map[visitor]bool{}}
}

func (l *visits) begin(v visit, zone *time.Location) {
	if l.step == 0 {
		step := half
		if l.distinct {
			step = time.Hour
		}
		l.grid = newGrid(step, zone, v.at)
	}
	if l.first.IsZero() || v.at.Before(l.first) {
		l.first = v.at
	}
	if v.at.After(l.last) {
		l.last = v.at
	}
}

// addLog reads an access log, line by line. Lines need not be in order.
func (r *Reader) addLog(name string, in *bufio.Reader) error {
	return eachLine(in, func(line int, text string) error {
		if strings.TrimSpace(text) == "" {
			return nil
		}
		v, ok := parseVisit(text)
		if !ok {
			r.skip(name, line, "is no line in combined format")
			return nil
		}
		return r.log.add(v, r.cfg.Zone)
	}, func(line int) { r.skip(name, line, "is too long for a line of a log") })
}

func (l *visits) add(v visit, zone *time.Location) error {
	l.begin(v, zone)
	step := l.key(v.at)
	if l.distinct {
		who := visitor{step, maphash.String(l.seed, v.address)}
		if l.visitors[who] {
			return nil
		}
		if len(l.visitors) >= maxVisitors {
			return fmt.Errorf("has more than %d addresses in their hours", maxVisitors)
		}
		l.visitors[who] = true
	}
	l.counts[step]++
	return nil
}

// series makes steps of the lines. A step without a line had no visit, but a
// whole day without one is a gap in the logs. The first and the last step
// count only if the log has nearly all of them.
func (l *visits) series(zone *time.Location) (Series, error) {
	if len(l.counts) == 0 {
		return Series{}, errEmpty
	}
	step := time.Duration(l.step) * time.Second
	first, end := l.key(l.first.Add(step-edge)), l.key(l.last.Add(edge))
	s, err := l.empty(first, end, zone)
	if err != nil {
		return s, err
	}
	for i := range s.Values {
		s.Values[i] = l.counts[first+int64(i)]
	}
	forget(s.Values, s.steps(quiet))
	return trim(s)
}

// forget makes gaps of long runs without a line.
func forget(values []float64, long int) {
	run := 0
	for i := 0; i <= len(values); i++ {
		if i < len(values) && values[i] == 0 {
			run++
			continue
		}
		for k := i - run; run >= long && k < i; k++ {
			values[k] = math.NaN()
		}
		run = 0
	}
}
