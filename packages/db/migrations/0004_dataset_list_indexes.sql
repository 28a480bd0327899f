CREATE EXTENSION IF NOT EXISTS pg_trgm;--> statement-breakpoint
-- array_to_string is called stable, since it prints any type; of texts it always gives the same.
CREATE FUNCTION dataset_search_text(name text, description text, tags text[]) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN name || ' ' || description || ' ' || array_to_string(tags, ' ');--> statement-breakpoint
CREATE INDEX "datasets_name_idx" ON "datasets" USING btree ("name","id");--> statement-breakpoint
CREATE INDEX "datasets_size_bytes_idx" ON "datasets" USING btree ("size_bytes","id");--> statement-breakpoint
CREATE INDEX "datasets_num_images_idx" ON "datasets" USING btree ("num_images","id");--> statement-breakpoint
CREATE INDEX "datasets_search_idx" ON "datasets" USING gin (dataset_search_text("name", "description", "tags") gin_trgm_ops);
