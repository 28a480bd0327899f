CREATE TABLE "duplicate_groups" (
	"dataset_id" text NOT NULL,
	"threshold" smallint NOT NULL,
	"position" integer NOT NULL,
	"num_images" integer NOT NULL,
	"splits" text[] NOT NULL,
	"hashes" bigint[] NOT NULL,
	CONSTRAINT "duplicate_groups_dataset_id_threshold_position_pk" PRIMARY KEY("dataset_id","threshold","position")
);
--> statement-breakpoint
CREATE TABLE "image_hashes" (
	"dataset_id" text NOT NULL,
	"hash" bigint NOT NULL,
	"band0" integer GENERATED ALWAYS AS (((hash >> 0) & 65535)::int) STORED NOT NULL,
	"band1" integer GENERATED ALWAYS AS (((hash >> 16) & 65535)::int) STORED NOT NULL,
	"band2" integer GENERATED ALWAYS AS (((hash >> 32) & 65535)::int) STORED NOT NULL,
	"band3" integer GENERATED ALWAYS AS (((hash >> 48) & 65535)::int) STORED NOT NULL,
	"is_linked" boolean DEFAULT false NOT NULL,
	CONSTRAINT "image_hashes_dataset_id_hash_pk" PRIMARY KEY("dataset_id","hash")
);
--> statement-breakpoint
CREATE TABLE "similar_hashes" (
	"dataset_id" text NOT NULL,
	"a" bigint NOT NULL,
	"b" bigint NOT NULL,
	"distance" smallint NOT NULL,
	CONSTRAINT "similar_hashes_dataset_id_a_b_pk" PRIMARY KEY("dataset_id","a","b")
);
--> statement-breakpoint
ALTER TABLE "dataset_files" ADD COLUMN "is_compared" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "duplicate_groups" ADD CONSTRAINT "duplicate_groups_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "image_hashes" ADD CONSTRAINT "image_hashes_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "similar_hashes" ADD CONSTRAINT "similar_hashes_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "image_hashes_band0_idx" ON "image_hashes" USING btree ("dataset_id","band0");--> statement-breakpoint
CREATE INDEX "image_hashes_band1_idx" ON "image_hashes" USING btree ("dataset_id","band1");--> statement-breakpoint
CREATE INDEX "image_hashes_band2_idx" ON "image_hashes" USING btree ("dataset_id","band2");--> statement-breakpoint
CREATE INDEX "image_hashes_band3_idx" ON "image_hashes" USING btree ("dataset_id","band3");--> statement-breakpoint
CREATE INDEX "image_hashes_unlinked_idx" ON "image_hashes" USING btree ("dataset_id","hash") WHERE not "image_hashes"."is_linked";--> statement-breakpoint
CREATE INDEX "similar_hashes_distance_idx" ON "similar_hashes" USING btree ("dataset_id","distance","a","b");--> statement-breakpoint
CREATE INDEX "dataset_files_phash_idx" ON "dataset_files" USING btree ("dataset_id","phash") WHERE "dataset_files"."phash" is not null and "dataset_files"."removed_in" is null;--> statement-breakpoint
CREATE INDEX "dataset_files_uncompared_idx" ON "dataset_files" USING btree ("dataset_id","id") WHERE not "dataset_files"."is_compared" and "dataset_files"."kind" = 'image' and "dataset_files"."problem" is null and "dataset_files"."removed_in" is null;