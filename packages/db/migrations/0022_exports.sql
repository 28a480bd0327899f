CREATE TABLE "exports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"dataset_id" text NOT NULL,
	"revision" integer NOT NULL,
	"version" integer,
	"format" text NOT NULL,
	"options" jsonb NOT NULL,
	"sameness" text NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"storage_key" text NOT NULL,
	"size" bigint,
	"sha256" text,
	"num_files" bigint,
	"losses" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"job_id" uuid NOT NULL,
	"created_by" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "exports_state_check" CHECK ("exports"."state" in ('queued', 'running', 'completed', 'failed', 'cancelled', 'expired'))
);
--> statement-breakpoint
ALTER TABLE "exports" ADD CONSTRAINT "exports_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "exports" ADD CONSTRAINT "exports_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "exports_sameness_key" ON "exports" USING btree ("dataset_id","sameness") WHERE "exports"."state" in ('queued', 'running', 'completed');--> statement-breakpoint
CREATE INDEX "exports_dataset_id_idx" ON "exports" USING btree ("dataset_id","created_at");--> statement-breakpoint
CREATE INDEX "exports_job_id_idx" ON "exports" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "exports_expires_at_idx" ON "exports" USING btree ("expires_at");