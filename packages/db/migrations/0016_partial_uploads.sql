CREATE TABLE "partial_uploads" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"size" bigint NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "partial_uploads" ADD CONSTRAINT "partial_uploads_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "partial_uploads_user_id_idx" ON "partial_uploads" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "partial_uploads_expires_at_idx" ON "partial_uploads" USING btree ("expires_at");