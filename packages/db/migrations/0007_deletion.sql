CREATE TABLE "backups" (
	"id" uuid PRIMARY KEY NOT NULL,
	"dataset_id" text NOT NULL,
	"dataset_name" text NOT NULL,
	"owner_id" uuid,
	"organization_id" uuid,
	"storage_key" text NOT NULL,
	"state" text DEFAULT 'running' NOT NULL,
	"size" bigint,
	"sha256" text,
	"content_hash" text,
	"counts" jsonb,
	"job_id" uuid NOT NULL,
	"created_by" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"verified_at" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "backups_state_check" CHECK ("backups"."state" in ('running', 'verified', 'failed', 'expired'))
);
--> statement-breakpoint
CREATE TABLE "thumbnails" (
	"dataset_id" text NOT NULL,
	"storage_key" text collate "C" NOT NULL,
	"size" bigint NOT NULL,
	CONSTRAINT "thumbnails_dataset_id_storage_key_pk" PRIMARY KEY("dataset_id","storage_key")
);
--> statement-breakpoint
CREATE TABLE "integrity_checks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"dataset_id" text,
	"is_deep" boolean DEFAULT false NOT NULL,
	"objects" bigint DEFAULT 0 NOT NULL,
	"files" bigint DEFAULT 0 NOT NULL,
	"datasets" integer DEFAULT 0 NOT NULL,
	"busy" text[] DEFAULT '{}' NOT NULL,
	"findings" integer DEFAULT 0 NOT NULL,
	"created_by" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "integrity_findings" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "integrity_findings_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"check_id" uuid NOT NULL,
	"code" text NOT NULL,
	"dataset_id" text,
	"subject" text NOT NULL,
	"storage_key" text,
	"size" bigint,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"repair" text,
	"repaired_at" timestamp (3) with time zone
);
--> statement-breakpoint
DROP INDEX "audit_log_dataset_id_idx";--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "dataset_name" text;--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "performed_by_name" text;--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "api_key" text;--> statement-breakpoint
ALTER TABLE "datasets" ADD COLUMN "backup_required" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "datasets" ADD COLUMN "purge_job_id" uuid;--> statement-breakpoint
ALTER TABLE "datasets" ADD COLUMN "purge" jsonb;--> statement-breakpoint
ALTER TABLE "datasets" ADD COLUMN "meta_bytes" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "dataset_files" ADD COLUMN "removed_by" uuid;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "deleted_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "thumbnails" ADD CONSTRAINT "thumbnails_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "integrity_findings" ADD CONSTRAINT "integrity_findings_check_id_integrity_checks_id_fk" FOREIGN KEY ("check_id") REFERENCES "public"."integrity_checks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "backups_dataset_id_idx" ON "backups" USING btree ("dataset_id","created_at");--> statement-breakpoint
CREATE INDEX "backups_owner_id_idx" ON "backups" USING btree ("owner_id","created_at");--> statement-breakpoint
CREATE INDEX "backups_expires_at_idx" ON "backups" USING btree ("expires_at") WHERE "backups"."state" <> 'expired';--> statement-breakpoint
CREATE INDEX "integrity_checks_dataset_id_idx" ON "integrity_checks" USING btree ("dataset_id","created_at");--> statement-breakpoint
CREATE INDEX "integrity_findings_check_id_idx" ON "integrity_findings" USING btree ("check_id","code","id");--> statement-breakpoint
CREATE INDEX "audit_log_action_idx" ON "audit_log" USING btree ("action","id");--> statement-breakpoint
CREATE INDEX "audit_log_performed_by_idx" ON "audit_log" USING btree ("performed_by","id");--> statement-breakpoint
-- A jsonb is printed in one way always; concat_ws is called stable for the sake of other types.
CREATE FUNCTION audit_search_text(action text, dataset_name text, performed_by_name text, details jsonb) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN action || ' ' || coalesce(dataset_name, '') || ' ' || coalesce(performed_by_name, '') || ' ' || details::text;--> statement-breakpoint
CREATE INDEX "audit_log_search_idx" ON "audit_log" USING gin (audit_search_text("action", "dataset_name", "performed_by_name", "details") gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "datasets_deleted_at_idx" ON "datasets" USING btree ("deleted_at","id") WHERE "datasets"."deleted_at" is not null;--> statement-breakpoint
CREATE INDEX "dataset_files_removed_by_idx" ON "dataset_files" USING btree ("removed_by","path") WHERE "dataset_files"."removed_by" is not null;--> statement-breakpoint
CREATE INDEX "audit_log_dataset_id_idx" ON "audit_log" USING btree ("dataset_id","id");--> statement-breakpoint
-- Whoever writes an entry, it keeps the names of the time: dataset and account may be gone when it is read.
CREATE FUNCTION name_audit_log_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF new.dataset_id IS NOT NULL AND new.dataset_name IS NULL THEN
		SELECT name INTO new.dataset_name FROM datasets WHERE id = new.dataset_id;
	END IF;
	IF new.performed_by IS NOT NULL AND new.performed_by_name IS NULL THEN
		SELECT name INTO new.performed_by_name FROM users WHERE id = new.performed_by;
	END IF;
	RETURN new;
END $$;--> statement-breakpoint
CREATE TRIGGER audit_log_names BEFORE INSERT ON "audit_log" FOR EACH ROW EXECUTE FUNCTION name_audit_log_entry();
--> statement-breakpoint
-- Imports have written it as JSON within JSON.
UPDATE "annotation_classes" SET "source" = ("source" #>> '{}')::jsonb WHERE jsonb_typeof("source") = 'string';
