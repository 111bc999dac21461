-- +goose Up
-- Which consumer has had which event that a carrier brought (events.Carrier); without one it stays empty.
CREATE TABLE event_consumed (
  event_id BIGINT NOT NULL,
  consumer VARCHAR(100) NOT NULL,
  consumed_at BIGINT NOT NULL,
  PRIMARY KEY (event_id, consumer)
);
CREATE INDEX ix_event_consumed_at ON event_consumed (consumed_at);
