-- +goose Up

-- Past work, from which forecasts are made: upgrades of this log that were
-- completed, ways back that were gone, and what was imported. Start and known
-- are microseconds, durations are seconds.
CREATE TABLE history (
	sort    TEXT    NOT NULL CHECK (sort IN ('upgrade', 'rollback')),
	origin  TEXT    NOT NULL CHECK (origin IN ('log', 'import')),
	id      TEXT    NOT NULL,
	start   INTEGER NOT NULL,
	known   INTEGER NOT NULL,
	system  TEXT    NOT NULL,
	title   TEXT    NOT NULL,
	planned INTEGER NOT NULL CHECK (planned > 0),
	actual  INTEGER NOT NULL CHECK (actual > 0),
	phases  TEXT    NOT NULL CHECK (json_valid(phases)),
	seq     INTEGER NOT NULL,
	PRIMARY KEY (sort, origin, id, start)
) STRICT;
CREATE INDEX history_known ON history (sort, known);

-- Every forecast that was shown, and the actual end once the upgrade is
-- completed. Times are microseconds; the phase is empty for the upgrade as a
-- whole.
CREATE TABLE forecasts (
	seq      INTEGER NOT NULL,
	upgrade  TEXT    NOT NULL,
	phase    TEXT    NOT NULL,
	made     INTEGER NOT NULL,
	low      INTEGER NOT NULL,
	expected INTEGER NOT NULL,
	high     INTEGER NOT NULL,
	planned  INTEGER NOT NULL,
	actual   INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (seq, phase)
) STRICT;
CREATE INDEX forecasts_upgrade ON forecasts (upgrade);

-- How many people a system had at a time.
CREATE TABLE usage (
	system TEXT    NOT NULL,
	at     INTEGER NOT NULL,
	value  REAL    NOT NULL,
	PRIMARY KEY (system, at)
) STRICT;

-- +goose Down
SELECT 1;
