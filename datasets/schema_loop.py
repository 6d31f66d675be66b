"""The manifest's tables of the loop: what the station said of images out of its log, and rules of regression cases."""

LOOP = """
CREATE TABLE log_judgement (         -- what the station said of an image that came out of its log
    item_id INTEGER PRIMARY KEY REFERENCES provenance,
    package_hash TEXT NOT NULL,
    recipe_hash TEXT NOT NULL,
    verdict TEXT NOT NULL,           -- of the part
    score REAL,                      -- of this view; NULL where it was not judged
    pass_below REAL,
    fail_from REAL,
    predicted TEXT NOT NULL,         -- class of this view, '' where it was not judged
    suggested TEXT NOT NULL          -- class that a reviewer is offered; no label
);
CREATE TABLE regression_withdrawn (  -- a case that no longer has to be met: who answers for that, and why
    item_id INTEGER PRIMARY KEY REFERENCES regression_case,
    reason TEXT NOT NULL CHECK (reason <> ''),
    who TEXT NOT NULL CHECK (who <> ''),
    when_utc TEXT NOT NULL
);
CREATE TABLE regression_apart (      -- parts that came into test as cases: chosen as errors, they count in no figure
    part TEXT PRIMARY KEY
) WITHOUT ROWID;
CREATE INDEX provenance_by_record ON provenance (record_id);
CREATE TRIGGER log_judgement_never_changes BEFORE UPDATE ON log_judgement
    BEGIN SELECT RAISE(ABORT, 'what the station said stays so'); END;
CREATE TRIGGER log_judgement_never_goes BEFORE DELETE ON log_judgement
    BEGIN SELECT RAISE(ABORT, 'what the station said stays so'); END;
CREATE TRIGGER regression_withdrawn_never_changes BEFORE UPDATE ON regression_withdrawn
    BEGIN SELECT RAISE(ABORT, 'a withdrawal stays one'); END;
CREATE TRIGGER regression_withdrawn_never_goes BEFORE DELETE ON regression_withdrawn
    BEGIN SELECT RAISE(ABORT, 'a withdrawal stays one'); END;
CREATE TRIGGER regression_apart_never_changes BEFORE UPDATE ON regression_apart
    BEGIN SELECT RAISE(ABORT, 'what was chosen as an error stays apart'); END;
CREATE TRIGGER regression_apart_never_goes BEFORE DELETE ON regression_apart
    BEGIN SELECT RAISE(ABORT, 'what was chosen as an error stays apart'); END;
CREATE TRIGGER regression_case_stands_in_test BEFORE INSERT ON regression_case
    WHEN EXISTS (SELECT 1 FROM item WHERE split <> 'test'
            AND part = (SELECT part FROM item WHERE item_id = NEW.item_id))
    BEGIN SELECT RAISE(ABORT, 'a regression case stands in the test split, with its whole part'); END;
CREATE TRIGGER regression_case_stays_in_test BEFORE UPDATE OF split, part ON item
    WHEN (NEW.split <> 'test' OR NEW.part <> OLD.part) AND EXISTS (
        SELECT 1 FROM item AS other JOIN regression_case USING (item_id) WHERE other.part IN (OLD.part, NEW.part))
    BEGIN SELECT RAISE(ABORT, 'a regression case stays in the test split, with its whole part'); END;
CREATE TRIGGER regression_case_grows_in_test BEFORE INSERT ON item
    WHEN NEW.split <> 'test' AND EXISTS (
        SELECT 1 FROM item AS other JOIN regression_case USING (item_id) WHERE other.part = NEW.part)
    BEGIN SELECT RAISE(ABORT, 'a regression case stays in the test split, with its whole part'); END;
"""
