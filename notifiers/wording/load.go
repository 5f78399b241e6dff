package wording

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"upgradehub/events/lang"
)

// The bounds of a directory: one with more sets is none of templates, and more
// faults nobody reads.
const (
	maxSets   = 100
	maxFaults = 200
)

var setForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// Load reads the templates of a directory: a directory of it is a set, and
// <kind>.<language>.md in it a template. It names every fault of every file.
func Load(dir fs.FS) (Sets, []Fault) {
	l := loader{dir: dir, sets: Sets{}}
	sets := 0
	for _, name := range l.list(".") {
		switch info, err := fs.Stat(dir, name); {
		case err != nil:
			l.fault(name, "%v", err)
		case !info.IsDir():
			l.fault(name, "lies outside a set, which is a directory such as %s", Default)
		case !setForm.MatchString(name):
			l.fault(name, "is not the name of a set: a-z, 0-9 and -")
		case sets == maxSets:
			l.fault(name, "is more than %d sets", maxSets)
			return l.sets, l.faults
		default:
			sets++
			l.set(name)
		}
	}
	if sets == 0 && len(l.faults) == 0 {
		l.fault(".", "has no set of templates, which is a directory such as %s", Default)
	}
	if more := len(l.faults) - maxFaults; more > 0 {
		l.faults = l.faults[:maxFaults]
		l.fault(".", "and %d more faults", more)
	}
	return l.sets, l.faults
}

type loader struct {
	dir    fs.FS
	sets   Sets
	faults []Fault
}

func (l *loader) fault(file, format string, args ...any) {
	l.faults = append(l.faults, Fault{File: file, Message: fmt.Sprintf(format, args...)})
}

// list are the names in a directory, without those that are for people or for
// the system.
func (l *loader) list(dir string) []string {
	entries, err := fs.ReadDir(l.dir, dir)
	if err != nil {
		l.fault(dir, "%v", reason(err))
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && e.Name() != "README.md" {
			names = append(names, e.Name())
		}
	}
	return names
}

// reason is an error without the path, which is named already.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

func (l *loader) set(name string) {
	l.sets[name] = Set{}
	for _, file := range l.list(name) {
		l.file(name, file)
	}
}

func (l *loader) file(set, name string) {
	full := path.Join(set, name)
	rest, isText := strings.CutSuffix(name, ".md")
	kindName, code, hasLang := strings.Cut(rest, ".")
	k, known := kindOf(kindName)
	switch {
	case !isText || !hasLang:
		l.fault(full, "is not named <message>.<language>.md, such as announced.en.md")
	case !known:
		l.fault(full, "%q is no message; 'hub templates fields' lists those that there are", clipped(kindName))
	case !slices.Contains(lang.Supported, code):
		l.fault(full, "language %q is none of %s", clipped(code), strings.Join(lang.Supported, ", "))
	default:
		l.parse(set, full, k, code)
	}
}

func (l *loader) parse(set, full string, k Kind, code string) {
	text, err := l.read(full)
	if err != nil {
		l.fault(full, "%v", reason(err))
		return
	}
	t, faults := Parse(full, k, text)
	l.faults = append(l.faults, faults...)
	if t != nil {
		l.sets[set][k.Name+"."+code] = t
	}
}

// read reads no more of a file than a template may have, and one byte.
func (l *loader) read(name string) ([]byte, error) {
	info, err := fs.Stat(l.dir, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a file")
	}
	f, err := l.dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSize+1))
}
