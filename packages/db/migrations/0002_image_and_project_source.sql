ALTER TABLE "annotation_projects" ADD COLUMN "source" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "dataset_files" ADD COLUMN "source" jsonb;