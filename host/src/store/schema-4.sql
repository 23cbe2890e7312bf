-- What was read before a question was asked: who is not cleared for it is not shown the question.
ALTER TABLE approvals ADD COLUMN label TEXT NOT NULL DEFAULT '';
-- What comes and goes of people, groups, forums and access lists, whoever writes it, for the watch to look at. Every row raises
-- the world's version: also a program that knows nothing of it is seen by the next decision.
CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, added INTEGER NOT NULL, what TEXT NOT NULL, thing TEXT NOT NULL, principal TEXT NOT NULL DEFAULT '',
    right_ TEXT, ends INTEGER, lease INTEGER, at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)), number INTEGER
) STRICT;
CREATE TRIGGER changes_stamp AFTER INSERT ON changes BEGIN UPDATE state SET stamp = stamp + 1; END;
-- Up to which change, and when, the watch has looked.
CREATE TABLE watched (id INTEGER PRIMARY KEY CHECK (id = 1), change INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
-- Objects and forums that close by themselves what opens them too far.
CREATE TABLE closing (kind TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID;
-- The number of whoever was ever there: it stays his.
CREATE TABLE numbers (id INTEGER PRIMARY KEY, person TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO numbers (person) SELECT name FROM people ORDER BY name;
-- Sets of people, each once: how many numbers are left out and how many follow each other, in turn.
CREATE TABLE crowds (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, people INTEGER NOT NULL, runs BLOB NOT NULL) STRICT;
-- Who could read a thing and was not cleared for it, from when to when.
CREATE TABLE exposures (
    id INTEGER PRIMARY KEY, thing TEXT NOT NULL, crowd INTEGER NOT NULL REFERENCES crowds (id), since INTEGER NOT NULL, until INTEGER
) STRICT;
CREATE INDEX exposures_open ON exposures (thing) WHERE until IS NULL;
-- What opened things too far, and how it was closed.
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY, cause TEXT NOT NULL, chain TEXT NOT NULL, since INTEGER NOT NULL, seen INTEGER NOT NULL, number INTEGER NOT NULL, written INTEGER,
    closed INTEGER, how TEXT, person TEXT, closing INTEGER
) STRICT;
CREATE UNIQUE INDEX alerts_open ON alerts (cause) WHERE closed IS NULL;
-- What each opened, to whom, from when to when.
CREATE TABLE opened (
    alert INTEGER NOT NULL REFERENCES alerts (id), thing TEXT NOT NULL, crowd INTEGER NOT NULL REFERENCES crowds (id), since INTEGER NOT NULL, until INTEGER
) STRICT;
CREATE INDEX opened_alert ON opened (alert, thing);
CREATE TRIGGER people_came AFTER INSERT ON people BEGIN
    INSERT OR IGNORE INTO numbers (person) VALUES (NEW.name);
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'person', NEW.name, '', NULL, NULL, NULL);
END;
CREATE TRIGGER people_went AFTER DELETE ON people BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'person', OLD.name, '', NULL, NULL, NULL);
END;
CREATE TRIGGER people_changed AFTER UPDATE OF name ON people BEGIN
    INSERT OR IGNORE INTO numbers (person) VALUES (NEW.name);
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'person', OLD.name, '', NULL, NULL, NULL);
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'person', NEW.name, '', NULL, NULL, NULL);
END;
CREATE TRIGGER members_came AFTER INSERT ON members BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'member', NEW.group_name, NEW.principal, NULL, NULL, NULL);
END;
CREATE TRIGGER members_went AFTER DELETE ON members BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'member', OLD.group_name, OLD.principal, NULL, NULL, NULL);
END;
CREATE TRIGGER members_changed AFTER UPDATE OF group_name, principal ON members BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'member', OLD.group_name, OLD.principal, NULL, NULL, NULL);
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'member', NEW.group_name, NEW.principal, NULL, NULL, NULL);
END;
CREATE TRIGGER audiences_came AFTER INSERT ON audiences BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'audience', NEW.forum, NEW.principal, NULL, NULL, NULL);
END;
CREATE TRIGGER audiences_went AFTER DELETE ON audiences BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'audience', OLD.forum, OLD.principal, NULL, NULL, NULL);
END;
CREATE TRIGGER audiences_changed AFTER UPDATE OF forum, principal ON audiences BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'audience', OLD.forum, OLD.principal, NULL, NULL, NULL);
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'audience', NEW.forum, NEW.principal, NULL, NULL, NULL);
END;
CREATE TRIGGER entries_came AFTER INSERT ON acl_entries BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'entry', NEW.object, NEW.principal, NEW.right_, NEW.ends, NEW.lease);
END;
CREATE TRIGGER entries_went AFTER DELETE ON acl_entries BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'entry', OLD.object, OLD.principal, OLD.right_, OLD.ends, OLD.lease);
END;
CREATE TRIGGER entries_changed AFTER UPDATE OF object, principal, right_, ends, lease ON acl_entries BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'entry', OLD.object, OLD.principal, OLD.right_, OLD.ends, OLD.lease);
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'entry', NEW.object, NEW.principal, NEW.right_, NEW.ends, NEW.lease);
END;
CREATE TRIGGER object_ceilings_came AFTER INSERT ON object_ceilings BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'object-cleared', NEW.object, NEW.principal, NULL, NULL, NULL);
END;
CREATE TRIGGER object_ceilings_went AFTER DELETE ON object_ceilings BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'object-cleared', OLD.object, OLD.principal, NULL, NULL, NULL);
END;
CREATE TRIGGER object_ceilings_changed AFTER UPDATE OF object, principal ON object_ceilings BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'object-cleared', OLD.object, OLD.principal, NULL, NULL, NULL);
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'object-cleared', NEW.object, NEW.principal, NULL, NULL, NULL);
END;
CREATE TRIGGER forum_ceilings_came AFTER INSERT ON forum_ceilings BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'forum-cleared', NEW.forum, NEW.principal, NULL, NULL, NULL);
END;
CREATE TRIGGER forum_ceilings_went AFTER DELETE ON forum_ceilings BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'forum-cleared', OLD.forum, OLD.principal, NULL, NULL, NULL);
END;
CREATE TRIGGER forum_ceilings_changed AFTER UPDATE OF forum, principal ON forum_ceilings BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'forum-cleared', OLD.forum, OLD.principal, NULL, NULL, NULL);
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'forum-cleared', NEW.forum, NEW.principal, NULL, NULL, NULL);
END;
CREATE TRIGGER objects_came AFTER INSERT ON objects BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'object', NEW.name, NEW.owner, NULL, NULL, NULL);
END;
CREATE TRIGGER objects_went AFTER DELETE ON objects BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'object', OLD.name, OLD.owner, NULL, NULL, NULL);
END;
CREATE TRIGGER objects_changed AFTER UPDATE OF name, owner ON objects BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'object', OLD.name, OLD.owner, NULL, NULL, NULL);
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'object', NEW.name, NEW.owner, NULL, NULL, NULL);
END;
CREATE TRIGGER forums_came AFTER INSERT ON forums BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'forum', NEW.name, NEW.owner, NULL, NULL, NULL);
END;
CREATE TRIGGER forums_went AFTER DELETE ON forums BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'forum', OLD.name, OLD.owner, NULL, NULL, NULL);
END;
CREATE TRIGGER forums_changed AFTER UPDATE OF name, owner ON forums BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'forum', OLD.name, OLD.owner, NULL, NULL, NULL);
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'forum', NEW.name, NEW.owner, NULL, NULL, NULL);
END;
CREATE TRIGGER closing_came AFTER INSERT ON closing BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'closes', NEW.kind || ' ' || NEW.name, '', NULL, NULL, NULL);
END;
CREATE TRIGGER closing_went AFTER DELETE ON closing BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'closes', OLD.kind || ' ' || OLD.name, '', NULL, NULL, NULL);
END;
CREATE TRIGGER closing_changed AFTER UPDATE OF kind, name ON closing BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'closes', OLD.kind || ' ' || OLD.name, '', NULL, NULL, NULL);
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'closes', NEW.kind || ' ' || NEW.name, '', NULL, NULL, NULL);
END;
CREATE TRIGGER folders_came AFTER INSERT ON folders BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'folder', NEW.folder, NEW.object, NULL, NULL, NULL);
END;
CREATE TRIGGER folders_went AFTER DELETE ON folders BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'folder', OLD.folder, OLD.object, NULL, NULL, NULL);
END;
CREATE TRIGGER folders_changed AFTER UPDATE OF folder, object ON folders BEGIN
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (0, 'folder', OLD.folder, OLD.object, NULL, NULL, NULL);
    INSERT INTO changes (added, what, thing, principal, right_, ends, lease) VALUES (1, 'folder', NEW.folder, NEW.object, NULL, NULL, NULL);
END;
