-- +goose Up

-- Who has looked at an answer stands with its item.
ALTER TABLE answers DROP COLUMN acknowledged;
ALTER TABLE answers DROP COLUMN acknowledged_by;

-- +goose Down
SELECT 1;
