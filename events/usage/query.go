package usage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// maxAnswer is the largest answer of Prometheus that is read: it allows 11,000
// points per series, of which this holds hundreds.
const maxAnswer = 256 << 20

// answer is what Prometheus answers to query_range.
type answer struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   struct {
		Type   string `json:"resultType"`
		Result []struct {
			Values []point `json:"values"`
		} `json:"result"`
	} `json:"data"`
}

// point is a time in Unix seconds and a value as text.
type point struct {
	at    time.Time
	value string
}

// UnmarshalJSON reads a pair.
func (p *point) UnmarshalJSON(b []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(b, &pair); err != nil || len(pair) != 2 {
		return fmt.Errorf("%s is not a pair of time and value", quote(string(b)))
	}
	var seconds float64
	if err := json.Unmarshal(pair[0], &seconds); err != nil || math.Abs(seconds) > 1e11 {
		return fmt.Errorf("%s is not a time in seconds", quote(string(pair[0])))
	}
	p.at = time.Unix(int64(math.Round(seconds)), 0).UTC()
	if err := json.Unmarshal(pair[1], &p.value); err != nil {
		return fmt.Errorf("%s is not a value as text", quote(string(pair[1])))
	}
	return inRange(p.at)
}

// addQuery reads an answer of Prometheus. Its series are summed. A level is
// what it was at its time; a count, as increase() gives it, is of the step
// before its time.
func (r *Reader) addQuery(name string, in io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(in, maxAnswer+1))
	if err != nil {
		return err
	}
	if len(raw) > maxAnswer {
		return fmt.Errorf("is larger than %d MiB", maxAnswer>>20)
	}
	var a answer
	if err := json.Unmarshal(trimmed(raw), &a); err != nil {
		return fmt.Errorf("answer of Prometheus: %w", err)
	}
	if err := a.fault(); err != nil {
		return err
	}
	samples := r.sum(name, a)
	if r.cfg.Values != Counts {
		return r.take(name, samples, Levels)
	}
	return r.takeBefore(name, samples)
}

func trimmed(raw []byte) []byte { return []byte(trimStart(string(raw))) }

func (a answer) fault() error {
	switch {
	case a.Status != "success":
		return fmt.Errorf("answer of Prometheus: status %s: %s", quote(a.Status), quote(a.Error))
	case a.Data.Type != "matrix":
		return fmt.Errorf("answer of Prometheus: %s is no matrix: ask query_range", quote(a.Data.Type))
	case len(a.Data.Result) == 0:
		return errors.New("answer of Prometheus: it found no series")
	}
	return nil
}

// sum adds up the series of an answer.
func (r *Reader) sum(name string, a answer) []sample {
	sums := map[time.Time]float64{}
	for i, series := range a.Data.Result {
		for _, p := range series.Values {
			value, err := parseValue(p.value)
			if err != nil {
				r.skip(name, 0, fmt.Sprintf("series %d at %s: %v", i+1, r.clock(p.at), err))
				continue
			}
			sums[p.at] += value
		}
	}
	samples := make([]sample, 0, len(sums))
	for at, value := range sums {
		samples = append(samples, sample{at: at, value: value})
	}
	return samples
}

// takeBefore takes samples whose times are those at which the steps end.
func (r *Reader) takeBefore(name string, samples []sample) error {
	sortByTime(samples)
	if len(samples) == 0 {
		return nil
	}
	step, err := stepOf(samples)
	if err != nil {
		return err
	}
	for i := range samples {
		samples[i].at = samples[i].at.Add(-step)
	}
	return r.take(name, samples, Counts)
}
