-- +goose Up

-- Where the card on an object of an upgrade is, for each target.
CREATE TABLE cards (
	upgrade    TEXT NOT NULL,
	subscriber TEXT NOT NULL,
	card       TEXT NOT NULL,
	place      TEXT NOT NULL,
	ts         TEXT NOT NULL,
	PRIMARY KEY (upgrade, subscriber, card)
) STRICT;

-- Who said that they have read a message, by random id.
CREATE TABLE acknowledgements (
	delivery TEXT    NOT NULL,
	person   TEXT    NOT NULL,
	recorded INTEGER NOT NULL,
	PRIMARY KEY (delivery, person)
) STRICT;

-- +goose Down
SELECT 1;
