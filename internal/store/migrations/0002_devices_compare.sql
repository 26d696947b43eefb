-- An import compares all devices with what is kept: by this index alone, which
-- has all that is compared. Without it each of a million rows is looked up.
DROP INDEX devices_to;
CREATE INDEX devices_to ON devices (organization, to_pos, product, id, grp, digest);
