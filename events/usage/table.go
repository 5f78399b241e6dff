package usage

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// row is one line of a table.
type row struct {
	stamp
	value float64
	line  int
}

// columns says where a table keeps what.
type columns struct {
	separator   string
	time, value int
}

// addTable reads CSV. Quotes around a field are taken off; no field of a
// table of numbers needs more.
func (r *Reader) addTable(name string, in *bufio.Reader) error {
	var rows []row
	var cols columns
	err := eachLine(in, func(line int, text string) error {
		text = strings.TrimSpace(strings.TrimPrefix(text, "\uFEFF"))
		if text == "" || strings.HasPrefix(text, "#") {
			return nil
		}
		if cols.separator == "" {
			var head bool
			if cols, head = columnsOf(text); head {
				return nil
			}
		}
		if len(rows) >= maxRows {
			return fmt.Errorf("has more than %d rows", maxRows)
		}
		got, err := cols.parse(text)
		if err != nil {
			r.skip(name, line, err.Error())
			return nil
		}
		got.line = line
		rows = append(rows, got)
		return nil
	}, func(line int) { r.skip(name, line, "is too long for a row") })
	if err != nil {
		return err
	}
	values := r.cfg.Values
	return r.take(name, r.resolve(name, rows, values), values)
}

// columnsOf reads the first row, which may be a head that names the columns.
func columnsOf(text string) (c columns, head bool) {
	c = columns{separator: ",", time: 0, value: 1}
	for _, s := range []string{";", "\t"} {
		if strings.Count(text, s) > strings.Count(text, c.separator) {
			c.separator = s
		}
	}
	if _, err := c.parse(text); err == nil {
		return c, false
	}
	fields := c.split(text)
	for i, f := range fields {
		fields[i] = strings.ToLower(f)
	}
	if _, err := parseStamp(fields[0]); err == nil {
		return c, false // a row with a fault, not a head
	}
	c.time = named(fields, 0, "timestamp", "time", "datetime", "date", "hour")
	c.value = named(fields, 1, "value", "users", "visitors", "passengers", "requests", "count", "sessions")
	return c, true
}

func named(fields []string, otherwise int, names ...string) int {
	for _, name := range names {
		if i := slices.Index(fields, name); i >= 0 {
			return i
		}
	}
	return otherwise
}

func (c columns) split(text string) []string {
	fields := strings.Split(text, c.separator)
	for i, f := range fields {
		f = strings.TrimSpace(f)
		if len(f) >= 2 && f[0] == '"' && f[len(f)-1] == '"' {
			f = f[1 : len(f)-1]
		}
		fields[i] = f
	}
	return fields
}

func (c columns) parse(text string) (row, error) {
	fields := c.split(text)
	if len(fields) <= max(c.time, c.value) {
		return row{}, fmt.Errorf("%s has no column %d", quote(text), max(c.time, c.value)+1)
	}
	at, err := parseStamp(fields[c.time])
	if err != nil {
		return row{}, err
	}
	value, err := parseValue(fields[c.value])
	return row{stamp: at, value: value}, err
}

func parseValue(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s is not a number", quote(s))
	case math.IsNaN(v) || math.IsInf(v, 0) || v < 0 || v > 1e15:
		return 0, fmt.Errorf("%s is not a number of people", quote(s))
	}
	return v, nil
}

// resolve finds the instants of rows in local time. Of an hour that clocks
// show twice a table has two rows, in order, or one: then whoever made it
// counted by the clock, and the count is shared between both.
func (r *Reader) resolve(name string, rows []row, values Values) []sample {
	times := map[time.Time]int{}
	for _, row := range rows {
		if row.local {
			times[row.at]++
		}
	}
	turn := map[time.Time]int{}
	samples := make([]sample, 0, len(rows))
	for _, row := range rows {
		if !row.local {
			samples = append(samples, sample{row.at, row.value, row.line})
			continue
		}
		found := instants(row.at, r.cfg.Zone)
		n := turn[row.at]
		turn[row.at]++
		switch {
		case len(found) == 0:
			r.skip(name, row.line, fmt.Sprintf("clocks in %s skip %s", r.cfg.Zone, row.at.Format("2006-01-02 15:04:05")))
		case len(found) == 2 && times[row.at] == 1:
			if values != Levels {
				row.value /= 2
			}
			samples = append(samples, sample{found[0], row.value, row.line}, sample{found[1], row.value, row.line})
		default:
			samples = append(samples, sample{found[min(n, len(found)-1)], row.value, row.line})
		}
	}
	return samples
}

// eachLine calls for every line, numbered from 1, and for those too long.
func eachLine(in *bufio.Reader, line func(n int, text string) error, long func(n int)) error {
	for n := 1; ; n++ {
		text, isLong, err := readLine(in)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case isLong:
			long(n)
			continue
		}
		if err := line(n, text); err != nil {
			return err
		}
	}
}

// readLine reads a line, keeping no more of it than a line may have.
func readLine(in *bufio.Reader) (text string, long bool, err error) {
	var b []byte
	for {
		piece, more, err := in.ReadLine()
		if err != nil {
			return "", false, err
		}
		if long = long || len(b)+len(piece) > maxLine; !long {
			b = append(b, piece...)
		}
		if !more {
			return string(b), long, nil
		}
	}
}

func trimStart(text string) string { return strings.TrimLeft(text, "\uFEFF \t\r\n") }
