CREATE TABLE "hub_files" (
	"import_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"subset" text NOT NULL,
	"split" text NOT NULL,
	"kind" text NOT NULL,
	"path" text NOT NULL,
	"url" text NOT NULL,
	"size" bigint NOT NULL,
	"sha256" text,
	"git_sha1" text,
	"storage_key" text NOT NULL,
	"multipart_id" text,
	"state" text DEFAULT 'waiting' NOT NULL,
	CONSTRAINT "hub_files_import_id_number_pk" PRIMARY KEY("import_id","number"),
	CONSTRAINT "hub_files_state_check" CHECK ("hub_files"."state" in ('waiting', 'completing', 'downloaded', 'staged'))
);
--> statement-breakpoint
CREATE TABLE "tokenizations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"dataset_id" text NOT NULL,
	"import_id" uuid NOT NULL,
	"slug" text NOT NULL,
	"tokenizer" text NOT NULL,
	"options" jsonb NOT NULL,
	"statistics" jsonb,
	"created_by" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "activities" ADD COLUMN "pause_requested" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "import_files" ADD COLUMN "is_made" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "sealed_token" text;--> statement-breakpoint
ALTER TABLE "hub_files" ADD CONSTRAINT "hub_files_import_id_imports_id_fk" FOREIGN KEY ("import_id") REFERENCES "public"."imports"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tokenizations" ADD CONSTRAINT "tokenizations_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tokenizations" ADD CONSTRAINT "tokenizations_import_id_imports_id_fk" FOREIGN KEY ("import_id") REFERENCES "public"."imports"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tokenizations" ADD CONSTRAINT "tokenizations_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "tokenizations_dataset_id_idx" ON "tokenizations" USING btree ("dataset_id","created_at");