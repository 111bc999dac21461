-- +goose Up
-- A session that nobody used is ended when its time is up, on open sockets too.
CREATE INDEX ix_session_seen ON account_session (seen_at);
