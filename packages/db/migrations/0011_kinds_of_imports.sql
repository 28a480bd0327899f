ALTER TABLE "imports" ADD COLUMN "kind" text;--> statement-breakpoint
-- The job of an import has always been of its kind, but for what was told by the options alone.
UPDATE "imports" i SET "kind" = CASE
    WHEN i."options" ? 'hub' THEN 'download'
    WHEN i."options" ? 'tokenize' THEN 'tokenize'
    WHEN i."options" ? 'remove' THEN 'remove'
    WHEN i."options" ? 'putBack' THEN 'put_back'
    WHEN i."options" ? 'adopt' OR i."options" ? 'adoptAll' THEN 'adopt'
    WHEN cardinality(i."upload_ids") = 0 THEN 'repair'
    ELSE 'import'
  END;--> statement-breakpoint
UPDATE "imports" SET "options" = "options" - 'adopt' - 'adoptAll' || jsonb_build_object('paths', "options"->'adopt')
  WHERE "kind" = 'adopt';--> statement-breakpoint
ALTER TABLE "imports" ALTER COLUMN "kind" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD CONSTRAINT "imports_kind_check" CHECK ("imports"."kind" in ('import', 'repair', 'remove', 'put_back', 'adopt', 'download', 'tokenize'));
