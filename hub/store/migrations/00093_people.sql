-- +goose Up

-- Without row ids: they tell in which order data came, and so who became known
-- just before which words.
CREATE TABLE mirror (
	key        TEXT PRIMARY KEY,
	value      BLOB NOT NULL,
	bond_of    TEXT AS (
		CASE WHEN substr(key, 1, 5) = 'bond.' AND json_valid(CAST(value AS TEXT)) THEN json_extract(CAST(value AS TEXT), '$.of') END) VIRTUAL,
	bond_owner TEXT AS (
		CASE WHEN substr(key, 1, 5) = 'bond.' AND json_valid(CAST(value AS TEXT)) THEN json_extract(CAST(value AS TEXT), '$.owner') END) VIRTUAL
) STRICT, WITHOUT ROWID;
INSERT INTO mirror (key, value) SELECT key, value FROM people;
DROP TABLE people;
ALTER TABLE mirror RENAME TO people;
CREATE INDEX people_bond_of ON people (bond_of) WHERE bond_of IS NOT NULL;
CREATE INDEX people_bond_owner ON people (bond_owner) WHERE bond_owner IS NOT NULL;

-- +goose Down
SELECT 1;
