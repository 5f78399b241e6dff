-- +goose Up

-- What is noted about an item is words, and words stand in PEOPLE.
ALTER TABLE items DROP COLUMN note;
ALTER TABLE items ADD COLUMN noted INTEGER NOT NULL DEFAULT 0;

-- How many were invited and answered whose links are gone, because they were
-- erased or because the survey was forgotten. Folded anew from the facts.
DROP TABLE past_invitations;
CREATE TABLE past_invitations (
	upgrade   TEXT PRIMARY KEY,
	n         INTEGER NOT NULL,
	used      INTEGER NOT NULL,
	forgotten INTEGER NOT NULL
) STRICT;

-- +goose Down
SELECT 1;
