ALTER TABLE "datasets" ADD COLUMN "row_statistics" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
-- Until now only what was counted lay in the metadata.
UPDATE "datasets" SET "row_statistics" = "metadata"->'tables', "metadata" = "metadata" - 'tables' WHERE jsonb_typeof("metadata"->'tables') = 'object';
