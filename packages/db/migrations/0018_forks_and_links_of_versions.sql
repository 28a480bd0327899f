ALTER TABLE "imports" DROP CONSTRAINT "imports_kind_check";--> statement-breakpoint
ALTER TABLE "datasets" ADD COLUMN "forked_from" jsonb;--> statement-breakpoint
ALTER TABLE "share_links" ADD COLUMN "version" integer;--> statement-breakpoint
ALTER TABLE "imports" ADD CONSTRAINT "imports_kind_check" CHECK ("imports"."kind" in ('import', 'repair', 'remove', 'undo', 'rollback', 'adopt', 'download', 'tokenize', 'fork', 'merge'));