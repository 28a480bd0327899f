ALTER TABLE "datasets" ADD COLUMN "license" text;--> statement-breakpoint
ALTER TABLE "datasets" ADD COLUMN "citation" text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX "datasets_license_idx" ON "datasets" USING btree ("license");