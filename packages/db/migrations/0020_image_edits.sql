CREATE TABLE "image_edits" (
	"file_id" bigint PRIMARY KEY NOT NULL,
	"dataset_id" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"base_revision" integer NOT NULL,
	"annotations" jsonb,
	"state" text,
	"published_in" integer,
	"conflict" jsonb,
	"edited_by" uuid,
	"edited_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "image_edits_state_check" CHECK ("image_edits"."state" in ('not_started', 'in_progress', 'completed', 'needs_review', 'accepted', 'rejected'))
);
--> statement-breakpoint
ALTER TABLE "image_annotation_status" DROP CONSTRAINT "image_annotation_status_state_check";--> statement-breakpoint
ALTER TABLE "image_edits" ADD CONSTRAINT "image_edits_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "image_edits" ADD CONSTRAINT "image_edits_edited_by_users_id_fk" FOREIGN KEY ("edited_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "image_edits_pending_idx" ON "image_edits" USING btree ("dataset_id","edited_at") WHERE "image_edits"."annotations" is not null;--> statement-breakpoint
CREATE INDEX "image_edits_dataset_idx" ON "image_edits" USING btree ("dataset_id");--> statement-breakpoint
ALTER TABLE "image_annotation_status" ADD CONSTRAINT "image_annotation_status_state_check" CHECK ("image_annotation_status"."state" in ('not_started', 'in_progress', 'completed', 'needs_review', 'accepted', 'rejected', 'labels_lost'));