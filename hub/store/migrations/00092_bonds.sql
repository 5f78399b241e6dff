-- +goose Up

-- Who gave an answer or made a report stands in PEOPLE alone, as bonds. What the
-- two tables held is folded anew from the facts.
DROP TABLE answers;
CREATE TABLE answers (
	id            TEXT    PRIMARY KEY,
	upgrade       TEXT    NOT NULL,
	invited       INTEGER NOT NULL,
	rating        INTEGER NOT NULL,
	disruption    TEXT    NOT NULL,
	has_text      INTEGER NOT NULL,
	recorded      INTEGER NOT NULL,
	revisions     INTEGER NOT NULL,
	communication TEXT    NOT NULL,
	minutes       INTEGER NOT NULL,
	effort        INTEGER NOT NULL,
	role          TEXT    NOT NULL,
	channel       TEXT    NOT NULL,
	mode          TEXT    NOT NULL,
	shown         INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX answers_upgrade ON answers (upgrade);
CREATE INDEX answers_unshown ON answers (upgrade, recorded, id) WHERE shown = 0;

DROP TABLE reports;
CREATE TABLE reports (
	id        TEXT    PRIMARY KEY,
	upgrade   TEXT    NOT NULL,
	component TEXT    NOT NULL,
	channel   TEXT    NOT NULL,
	has_text  INTEGER NOT NULL,
	recorded  INTEGER NOT NULL
) STRICT;
CREATE INDEX reports_upgrade ON reports (upgrade);

-- A bond, "bond.<upgrade>.<keyed hash>", says which answer or report is whose.
ALTER TABLE people ADD COLUMN bond_of TEXT AS (
	CASE WHEN substr(key, 1, 5) = 'bond.' AND json_valid(CAST(value AS TEXT)) THEN json_extract(CAST(value AS TEXT), '$.of') END) VIRTUAL;
ALTER TABLE people ADD COLUMN bond_owner TEXT AS (
	CASE WHEN substr(key, 1, 5) = 'bond.' AND json_valid(CAST(value AS TEXT)) THEN json_extract(CAST(value AS TEXT), '$.owner') END) VIRTUAL;
CREATE INDEX people_bond_of ON people (bond_of) WHERE bond_of IS NOT NULL;
CREATE INDEX people_bond_owner ON people (bond_owner) WHERE bond_owner IS NOT NULL;

-- +goose Down
SELECT 1;
