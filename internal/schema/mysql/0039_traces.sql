-- +goose Up
-- The step of a trace (W3C traceparent) to which what was left for later belongs; empty where none is recorded.
ALTER TABLE outbox ADD COLUMN traceparent VARCHAR(64) NOT NULL DEFAULT '';
ALTER TABLE job ADD COLUMN traceparent VARCHAR(64) NOT NULL DEFAULT '';
