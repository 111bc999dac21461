-- +goose Up
-- Events that a carrier has, kept for who wants to hear them again (events.keep); without one it stays empty.
CREATE TABLE event_log (
  recorded_at BIGINT NOT NULL,
  event_id BIGINT NOT NULL,
  name VARCHAR(64) NOT NULL,
  event_key VARCHAR(64) NOT NULL,
  payload TEXT NOT NULL,
  PRIMARY KEY (recorded_at, event_id)
);
