-- Row-level security: the second wall. The first is that every statement of a
-- transaction names the organization. The setting is made at the beginning of
-- each transaction; without it no row of these tables is seen or written.
-- log heads are behind it too; organizations, jobs, users, memberships,
-- sessions and tokens are read before an organization is known and are not.
ALTER TABLE logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE logs FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON logs USING (organization = current_setting('wardbook.organization', true));
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON events USING (organization = current_setting('wardbook.organization', true));
ALTER TABLE log_hashes ENABLE ROW LEVEL SECURITY;
ALTER TABLE log_hashes FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON log_hashes USING (organization = current_setting('wardbook.organization', true));
ALTER TABLE revisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE revisions FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON revisions USING (organization = current_setting('wardbook.organization', true));
ALTER TABLE links ENABLE ROW LEVEL SECURITY;
ALTER TABLE links FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON links USING (organization = current_setting('wardbook.organization', true));
ALTER TABLE evidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON evidence USING (organization = current_setting('wardbook.organization', true));
ALTER TABLE evidence_chunks ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence_chunks FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON evidence_chunks USING (organization = current_setting('wardbook.organization', true));
ALTER TABLE devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE devices FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON devices USING (organization = current_setting('wardbook.organization', true));
ALTER TABLE products ENABLE ROW LEVEL SECURITY;
ALTER TABLE products FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON products USING (organization = current_setting('wardbook.organization', true));
ALTER TABLE components ENABLE ROW LEVEL SECURITY;
ALTER TABLE components FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON components USING (organization = current_setting('wardbook.organization', true));
ALTER TABLE findings ENABLE ROW LEVEL SECURITY;
ALTER TABLE findings FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON findings USING (organization = current_setting('wardbook.organization', true));
ALTER TABLE device_sets ENABLE ROW LEVEL SECURITY;
ALTER TABLE device_sets FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON device_sets USING (organization = current_setting('wardbook.organization', true));
