-- +goose Up

-- When a provider first accepted it: the recordedtime of that outcome.
ALTER TABLE deliveries ADD COLUMN accepted_at INTEGER NOT NULL DEFAULT 0;

-- +goose Down
SELECT 1;
