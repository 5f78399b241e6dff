-- +goose Up

-- One cause may change several cards of a person: at the end of an upgrade
-- those of all gates that nobody decided. What the table held is folded anew,
-- by another version of the rules.
DROP TABLE deliveries;
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
	card         TEXT    NOT NULL, -- empty if it is none
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
	accepted_at  INTEGER NOT NULL DEFAULT 0,
	UNIQUE (cause, subscriber, class, card) -- one message a person and cause, however many audiences
) STRICT;
CREATE INDEX deliveries_expiry ON deliveries (useful_until) WHERE state = 'pending';
CREATE INDEX deliveries_upgrade ON deliveries (upgrade, cause);
CREATE INDEX deliveries_notice ON deliveries (notice);
CREATE INDEX deliveries_line ON deliveries (channel, upgrade, subscriber, cause) WHERE state = 'pending' AND class <> 'message';
CREATE INDEX deliveries_queue ON deliveries (channel, cause) WHERE state = 'pending';

-- +goose Down
SELECT 1;
