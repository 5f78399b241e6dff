-- +goose Up

-- What people say is broken for them while work is under way. Their words
-- stand in PEOPLE.
CREATE TABLE reports (
	id        TEXT    PRIMARY KEY,
	upgrade   TEXT    NOT NULL,
	component TEXT    NOT NULL,
	browser   TEXT    NOT NULL,
	channel   TEXT    NOT NULL,
	has_text  INTEGER NOT NULL,
	recorded  INTEGER NOT NULL
) STRICT;
CREATE INDEX reports_upgrade ON reports (upgrade);
CREATE INDEX reports_browser ON reports (browser) WHERE browser <> '';

-- Low answers and reports that somebody is to look at, by the id of the answer
-- or report.
CREATE TABLE items (
	id      TEXT    PRIMARY KEY,
	upgrade TEXT    NOT NULL,
	kind    TEXT    NOT NULL CHECK (kind IN ('answer', 'report')),
	raised  INTEGER NOT NULL,
	due     INTEGER NOT NULL,
	status  TEXT    NOT NULL CHECK (status IN ('new', 'seen', 'answered', 'action')),
	owner   TEXT    NOT NULL,
	handler TEXT    NOT NULL DEFAULT '',
	note    TEXT    NOT NULL DEFAULT '',
	replied INTEGER NOT NULL DEFAULT 0,
	overdue INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX items_upgrade ON items (upgrade);
CREATE INDEX items_due ON items (due) WHERE status = 'new' AND overdue = 0;

-- +goose Down
SELECT 1;
