-- Times are Unix microseconds, because the hub's clock counts those and
-- recordedtime must not decrease; 0 is no time.

-- +goose Up

-- What is true: the facts, raw and in order. Everything below follows from
-- them and can be made again.
CREATE TABLE log (
	seq      INTEGER PRIMARY KEY,
	subject  TEXT    NOT NULL UNIQUE,
	type     TEXT    NOT NULL,
	upgrade  TEXT    NOT NULL,
	event_id TEXT    NOT NULL,
	intake   INTEGER NOT NULL,
	raw      BLOB    NOT NULL,
	link     BLOB    NOT NULL,
	recorded INTEGER NOT NULL
) STRICT;
CREATE INDEX log_upgrade ON log (upgrade, seq) WHERE upgrade <> '';
CREATE INDEX log_intake ON log (intake) WHERE intake > 0;

-- Names, addresses and texts: a mirror of PEOPLE, not made from facts.
CREATE TABLE people (
	key   TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT;

CREATE TABLE meta (
	one           INTEGER PRIMARY KEY CHECK (one = 1),
	log           TEXT    NOT NULL DEFAULT '',
	seq           INTEGER NOT NULL DEFAULT 0,
	link          BLOB    NOT NULL DEFAULT x'',
	fold_version  INTEGER NOT NULL DEFAULT 0,
	epoch         INTEGER NOT NULL DEFAULT 0,
	duty_node     TEXT    NOT NULL DEFAULT '',
	admitted      INTEGER NOT NULL DEFAULT 0,
	last_recorded INTEGER NOT NULL DEFAULT 0,
	planned       INTEGER NOT NULL DEFAULT 0,
	held          INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO meta (one) VALUES (1);

CREATE TABLE upgrades (
	id           TEXT PRIMARY KEY,
	state        TEXT    NOT NULL CHECK (json_valid(state)),
	seq          INTEGER NOT NULL,
	planned      INTEGER NOT NULL,
	drill        INTEGER NOT NULL,
	window_start INTEGER NOT NULL
) STRICT;

CREATE TABLE timeline (
	seq        INTEGER PRIMARY KEY,
	upgrade    TEXT    NOT NULL,
	event_id   TEXT    NOT NULL,
	source     TEXT    NOT NULL,
	type       TEXT    NOT NULL,
	time       INTEGER NOT NULL,
	recorded   INTEGER NOT NULL,
	visibility TEXT    NOT NULL,
	applied    INTEGER NOT NULL,
	anomaly    TEXT    NOT NULL
) STRICT;
CREATE INDEX timeline_upgrade ON timeline (upgrade, seq);
CREATE INDEX timeline_anomaly ON timeline (seq) WHERE anomaly <> '';

CREATE TABLE rejected (
	seq      INTEGER PRIMARY KEY,
	intake   INTEGER NOT NULL,
	subject  TEXT    NOT NULL,
	upgrade  TEXT    NOT NULL,
	reasons  TEXT    NOT NULL CHECK (json_valid(reasons)),
	payload  BLOB,
	recorded INTEGER NOT NULL
) STRICT;

CREATE TABLE duties (
	epoch INTEGER PRIMARY KEY,
	node  TEXT    NOT NULL,
	seq   INTEGER NOT NULL
) STRICT;

CREATE TABLE subscribers (
	id         TEXT PRIMARY KEY,
	channel    TEXT    NOT NULL,
	audiences  TEXT    NOT NULL CHECK (json_valid(audiences)),
	name       TEXT    NOT NULL,
	upgrades   TEXT    NOT NULL CHECK (json_valid(upgrades)),
	zone       TEXT    NOT NULL,
	lang       TEXT    NOT NULL,
	origin     TEXT    NOT NULL,
	generation INTEGER NOT NULL,
	token      TEXT    NOT NULL,
	state      TEXT    NOT NULL CHECK (state IN ('requested', 'active', 'removed', 'erased')),
	since      INTEGER NOT NULL,
	broken     TEXT    NOT NULL
) STRICT;
CREATE INDEX subscribers_active ON subscribers (channel, id) WHERE state = 'active';

CREATE TABLE notices (
	id      TEXT PRIMARY KEY,
	cause   INTEGER NOT NULL,
	upgrade TEXT    NOT NULL,
	json    TEXT    NOT NULL CHECK (json_valid(json)),
	epoch   INTEGER NOT NULL
) STRICT;

CREATE TABLE deliveries (
	id           TEXT PRIMARY KEY,
	notice       TEXT    NOT NULL REFERENCES notices (id),
	cause        INTEGER NOT NULL,
	upgrade      TEXT    NOT NULL,
	moment       TEXT    NOT NULL,
	audience     TEXT    NOT NULL,
	role         TEXT    NOT NULL,
	channel      TEXT    NOT NULL,
	form         TEXT    NOT NULL,
	class        TEXT    NOT NULL CHECK (class IN ('message', 'root', 'reply')),
	subscriber   TEXT    NOT NULL REFERENCES subscribers (id),
	required     INTEGER NOT NULL,
	state        TEXT    NOT NULL CHECK (state IN ('pending', 'accepted', 'failed', 'superseded')),
	attempts     INTEGER NOT NULL DEFAULT 0,
	next_at      INTEGER NOT NULL DEFAULT 0,
	not_before   INTEGER NOT NULL,
	useful_until INTEGER NOT NULL,
	code         TEXT    NOT NULL DEFAULT '',
	provider     TEXT    NOT NULL DEFAULT '',
	place        TEXT    NOT NULL DEFAULT '',
	ambiguous    INTEGER NOT NULL DEFAULT 0,
	why          TEXT    NOT NULL DEFAULT '',
	retried      INTEGER NOT NULL DEFAULT 0,
	extra_sends  INTEGER NOT NULL DEFAULT 0,
	owed_at      INTEGER NOT NULL,
	seq          INTEGER NOT NULL DEFAULT 0,
	UNIQUE (cause, subscriber, class) -- one message a person and cause, however many audiences
) STRICT;
CREATE INDEX deliveries_pending ON deliveries (channel, upgrade, subscriber, cause) WHERE state = 'pending';
CREATE INDEX deliveries_expiry ON deliveries (useful_until) WHERE state = 'pending';
CREATE INDEX deliveries_upgrade ON deliveries (upgrade, cause);
CREATE INDEX deliveries_notice ON deliveries (notice);

-- Where the root message of an upgrade is, for each target.
CREATE TABLE roots (
	upgrade    TEXT NOT NULL,
	subscriber TEXT NOT NULL,
	place      TEXT NOT NULL,
	ts         TEXT NOT NULL,
	PRIMARY KEY (upgrade, subscriber)
) STRICT;

CREATE TABLE links (
	hash       TEXT PRIMARY KEY,
	purpose    TEXT NOT NULL,
	upgrade    TEXT NOT NULL,
	subscriber TEXT NOT NULL
) STRICT;
CREATE INDEX links_subscriber ON links (subscriber);

CREATE TABLE answers (
	id              TEXT PRIMARY KEY,
	upgrade         TEXT    NOT NULL,
	link            TEXT    NOT NULL,
	browser         TEXT    NOT NULL,
	subscriber      TEXT    NOT NULL,
	rating          INTEGER NOT NULL,
	disruption      TEXT    NOT NULL,
	has_text        INTEGER NOT NULL,
	recorded        INTEGER NOT NULL,
	revisions       INTEGER NOT NULL,
	acknowledged    INTEGER NOT NULL DEFAULT 0,
	acknowledged_by TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX answers_link ON answers (link) WHERE link <> '';
CREATE INDEX answers_upgrade ON answers (upgrade);
CREATE UNIQUE INDEX answers_browser ON answers (upgrade, browser) WHERE link = '' AND browser <> '';

-- Answers that came after the survey had closed.
CREATE TABLE late_answers (
	upgrade TEXT PRIMARY KEY,
	n       INTEGER NOT NULL
) STRICT;

-- +goose Down
SELECT 1;
