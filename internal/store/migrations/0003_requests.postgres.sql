ALTER TABLE requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE requests FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON requests USING (organization = current_setting('wardbook.organization', true));
