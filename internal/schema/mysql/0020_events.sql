-- +goose Up
-- Who has taken an event stands in its row; the inbox, a row for each subscriber, is not needed any more.
ALTER TABLE outbox ADD COLUMN taken VARCHAR(1000) NOT NULL DEFAULT '';
DROP TABLE inbox;
-- Workers look for the earliest due job of a kind; idle ones sleep until then.
CREATE INDEX ix_job_kind ON job (kind, state, due_at, id);
