-- +goose Up

-- A link that has answered; of an anonymous survey nothing else is known of it.
ALTER TABLE links ADD COLUMN used INTEGER NOT NULL DEFAULT 0;

-- Anonymous answers: nothing here leads to a link or a person, and without row
-- ids not even the order in which they came.
CREATE TABLE anonymous_answers (
	id            TEXT    PRIMARY KEY,
	upgrade       TEXT    NOT NULL,
	role          TEXT    NOT NULL,
	channel       TEXT    NOT NULL,
	rating        INTEGER NOT NULL,
	disruption    TEXT    NOT NULL,
	minutes       INTEGER NOT NULL,
	communication TEXT    NOT NULL,
	effort        INTEGER NOT NULL,
	has_text      INTEGER NOT NULL,
	hour          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX anonymous_answers_upgrade ON anonymous_answers (upgrade);

-- How many were invited, once it is forgotten who.
CREATE TABLE past_invitations (
	upgrade TEXT PRIMARY KEY,
	n       INTEGER NOT NULL
) STRICT;

-- +goose Down
SELECT 1;
