-- +goose Up

-- What was learnt from upgrades, and what became of it. The requirement is
-- JSON; due, proposed and decided are microseconds.
CREATE TABLE lessons (
	id          TEXT    PRIMARY KEY,
	upgrade     TEXT    NOT NULL,
	system      TEXT    NOT NULL,
	kind        TEXT    NOT NULL,
	status      TEXT    NOT NULL CHECK (status IN ('proposed', 'accepted', 'rejected')),
	text        TEXT    NOT NULL,
	evidence    TEXT    NOT NULL,
	requirement TEXT    NOT NULL CHECK (json_valid(requirement)),
	public      TEXT    NOT NULL,
	decided_by  TEXT    NOT NULL,
	reason      TEXT    NOT NULL,
	owner       TEXT    NOT NULL,
	due         INTEGER NOT NULL,
	proposed    INTEGER NOT NULL,
	decided     INTEGER NOT NULL
) STRICT;
CREATE INDEX lessons_system ON lessons (system, status);
CREATE INDEX lessons_upgrade ON lessons (upgrade);

-- +goose Down
SELECT 1;
