-- +goose Up
-- What was done that somebody may be asked about later. Only added to.
CREATE TABLE audit_entry (
  id BIGINT NOT NULL PRIMARY KEY,
  created_at BIGINT NOT NULL,
  action VARCHAR(64) NOT NULL,
  outcome VARCHAR(16) NOT NULL,
  actor_id BIGINT NOT NULL,
  actor_kind VARCHAR(16) NOT NULL,
  address VARCHAR(64) NOT NULL,
  request_id VARCHAR(64) NOT NULL,
  shop_id BIGINT NOT NULL,
  subject VARCHAR(64) NOT NULL,
  before_json MEDIUMTEXT NOT NULL,
  after_json MEDIUMTEXT NOT NULL
);
CREATE INDEX ix_audit_action ON audit_entry (action, id);
CREATE INDEX ix_audit_actor ON audit_entry (actor_id, id);
CREATE INDEX ix_audit_shop ON audit_entry (shop_id, id);
CREATE INDEX ix_audit_shop_action ON audit_entry (shop_id, action, id);
CREATE INDEX ix_audit_shop_actor ON audit_entry (shop_id, actor_id, id);
CREATE INDEX ix_audit_subject ON audit_entry (subject, id);
