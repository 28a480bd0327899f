CREATE TABLE "dataset_revisions" (
	"dataset_id" text NOT NULL,
	"revision" integer NOT NULL,
	"kind" text NOT NULL,
	"import_id" uuid,
	"created_by" uuid,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"counts" jsonb NOT NULL,
	"content_hash" text NOT NULL,
	"state" jsonb NOT NULL,
	"is_kept" boolean DEFAULT true NOT NULL,
	"has_annotations" boolean DEFAULT true NOT NULL,
	CONSTRAINT "dataset_revisions_dataset_id_revision_pk" PRIMARY KEY("dataset_id","revision")
);--> statement-breakpoint
CREATE TABLE "version_tags" (
	"dataset_id" text NOT NULL,
	"tag" text NOT NULL,
	"version" integer NOT NULL,
	"moved_by" uuid,
	"moved_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "version_tags_dataset_id_tag_pk" PRIMARY KEY("dataset_id","tag")
);--> statement-breakpoint
ALTER TABLE "imports" DROP CONSTRAINT "imports_kind_check";--> statement-breakpoint
ALTER TABLE "annotation_classes" DROP CONSTRAINT "annotation_classes_project_id_annotation_projects_id_fk";--> statement-breakpoint
ALTER TABLE "annotations" DROP CONSTRAINT "annotations_project_id_annotation_projects_id_fk";--> statement-breakpoint
ALTER TABLE "annotations" DROP CONSTRAINT "annotations_file_id_dataset_files_id_fk";--> statement-breakpoint
ALTER TABLE "annotations" DROP CONSTRAINT "annotations_class_id_annotation_classes_id_fk";--> statement-breakpoint
ALTER TABLE "image_annotation_status" DROP CONSTRAINT "image_annotation_status_file_id_dataset_files_id_fk";--> statement-breakpoint
ALTER TABLE "dataset_versions" DROP CONSTRAINT "dataset_versions_created_by_users_id_fk";--> statement-breakpoint
DROP INDEX "annotation_classes_project_index_key";--> statement-breakpoint
DROP INDEX "annotation_projects_dataset_task_key";--> statement-breakpoint
DROP INDEX "dataset_files_removed_by_idx";--> statement-breakpoint
ALTER TABLE "import_moves" DROP CONSTRAINT "import_moves_import_id_step_from_key_pk";--> statement-breakpoint
ALTER TABLE "annotation_classes" DROP CONSTRAINT "annotation_classes_pkey";--> statement-breakpoint
ALTER TABLE "annotation_projects" DROP CONSTRAINT "annotation_projects_pkey";--> statement-breakpoint
ALTER TABLE "annotations" DROP CONSTRAINT "annotations_pkey";--> statement-breakpoint
ALTER TABLE "image_annotation_status" DROP CONSTRAINT "image_annotation_status_pkey";--> statement-breakpoint
ALTER TABLE "dataset_files" DROP CONSTRAINT "dataset_files_pkey";--> statement-breakpoint
ALTER TABLE "annotation_classes" ADD COLUMN "added_in" integer;--> statement-breakpoint
ALTER TABLE "annotation_classes" ADD COLUMN "removed_in" integer;--> statement-breakpoint
ALTER TABLE "annotation_projects" ADD COLUMN "added_in" integer;--> statement-breakpoint
ALTER TABLE "annotation_projects" ADD COLUMN "removed_in" integer;--> statement-breakpoint
ALTER TABLE "image_annotation_status" ADD COLUMN "dataset_id" text;--> statement-breakpoint
ALTER TABLE "image_annotation_status" ADD COLUMN "added_in" integer;--> statement-breakpoint
ALTER TABLE "image_annotation_status" ADD COLUMN "removed_in" integer;--> statement-breakpoint
ALTER TABLE "dataset_versions" ADD COLUMN "revision" integer NOT NULL;--> statement-breakpoint
ALTER TABLE "datasets" ADD COLUMN "revision" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "import_moves" ADD COLUMN "sha256" text;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "reverted" jsonb;--> statement-breakpoint
-- What a dataset has is its revision 1. Files that were taken out and can be put back were in it, and left it by a revision
-- of their removal each; what came to their paths since came with the last of these.
CREATE TEMP TABLE removals ON COMMIT DROP AS
  SELECT dataset_id, import_id, created_by, at, 1 + row_number() OVER (PARTITION BY dataset_id ORDER BY at, import_id) AS revision
  FROM (SELECT DISTINCT f.dataset_id, f.removed_by AS import_id, i.created_by, coalesce(i.finished_at, i.created_at) AS at
    FROM dataset_files f JOIN imports i ON i.id = f.removed_by WHERE f.removed_in IS NOT NULL) r;--> statement-breakpoint
CREATE TEMP TABLE closed ON COMMIT DROP AS
  SELECT f.id, f.dataset_id, f.path, r.revision AS removed_in,
    coalesce(lag(r.revision) OVER (PARTITION BY f.dataset_id, f.path ORDER BY r.revision), 1) AS added_in
  FROM dataset_files f JOIN removals r ON r.import_id = f.removed_by AND r.dataset_id = f.dataset_id WHERE f.removed_in IS NOT NULL;--> statement-breakpoint
CREATE TEMP TABLE come_again ON COMMIT DROP AS
  SELECT f.id, f.dataset_id, max(c.removed_in) AS added_in FROM dataset_files f JOIN closed c ON c.dataset_id = f.dataset_id AND c.path = f.path
  WHERE f.removed_in IS NULL GROUP BY f.id, f.dataset_id;--> statement-breakpoint
UPDATE dataset_files SET added_in = 1 WHERE added_in <> 1;--> statement-breakpoint
UPDATE dataset_files f SET added_in = c.added_in, removed_in = c.removed_in FROM closed c WHERE f.id = c.id;--> statement-breakpoint
UPDATE dataset_files f SET added_in = c.added_in FROM come_again c WHERE f.id = c.id;--> statement-breakpoint
-- Closed rows of annotations belong to no revision: they were closed in the one that had added them.
DELETE FROM annotations WHERE removed_in IS NOT NULL;--> statement-breakpoint
UPDATE annotations SET added_in = 1 WHERE added_in <> 1;--> statement-breakpoint
UPDATE annotations a SET added_in = c.added_in FROM come_again c WHERE a.file_id = c.id;--> statement-breakpoint
UPDATE annotation_projects SET added_in = 1;--> statement-breakpoint
UPDATE annotation_classes SET added_in = 1;--> statement-breakpoint
UPDATE image_annotation_status s SET added_in = f.added_in, removed_in = f.removed_in, dataset_id = f.dataset_id FROM dataset_files f WHERE f.id = s.file_id;--> statement-breakpoint
-- Projects of a task that a dataset had before hold nothing any more, and classes behind the last one have no annotations.
DELETE FROM annotation_projects p WHERE NOT EXISTS (SELECT 1 FROM annotations a WHERE a.project_id = p.id)
  AND p.task_type IS DISTINCT FROM (SELECT d.task_type FROM datasets d WHERE d.id = p.dataset_id);--> statement-breakpoint
DELETE FROM annotation_classes c WHERE NOT EXISTS (SELECT 1 FROM annotation_projects p WHERE p.id = c.project_id)
  OR (c.index >= (SELECT d.num_classes FROM datasets d JOIN annotation_projects p ON p.dataset_id = d.id WHERE p.id = c.project_id)
    AND NOT EXISTS (SELECT 1 FROM annotations a WHERE a.class_id = c.id));--> statement-breakpoint
UPDATE datasets d SET revision = 1 + (SELECT count(*) FROM removals r WHERE r.dataset_id = d.id)
  WHERE d.content_hash IS NOT NULL OR EXISTS (SELECT 1 FROM removals r WHERE r.dataset_id = d.id);--> statement-breakpoint
INSERT INTO dataset_revisions (dataset_id, revision, kind, import_id, created_by, created_at, counts, content_hash, state, has_annotations)
  SELECT d.id, n.revision, coalesce(nullif(i.kind, 'put_back'), 'import'), i.id, coalesce(i.created_by, d.owner_id), coalesce(i.finished_at, d.created_at),
    jsonb_build_object(
      'files', jsonb_build_object('removed', coalesce(t.removed, 0), 'changed', 0, 'added', CASE WHEN n.revision = 1 THEN t.files ELSE 0 END),
      'annotations', jsonb_build_object('removed', 0, 'changed', 0, 'added', CASE WHEN n.revision = 1 THEN d.num_annotations ELSE 0 END),
      'classes', jsonb_build_object('removed', 0, 'changed', 0, 'added', CASE WHEN n.revision = 1 THEN d.num_classes ELSE 0 END)),
    CASE WHEN n.revision = d.revision AND d.content_hash IS NOT NULL THEN d.content_hash ELSE t.content_hash END,
    jsonb_build_object('format', d.format, 'taskType', d.task_type, 'numFiles', t.files, 'numImages', t.images, 'numAnnotations', d.num_annotations,
      'numClasses', d.num_classes, 'numSamples', d.num_samples, 'sizeBytes', t.bytes, 'classNames', to_jsonb(d.class_names), 'splits', d.splits,
      'labeled', d.labeled, 'statistics', d.statistics, 'reading', jsonb_build_object('repairs', coalesce(d.config->'repairs', '[]'),
        'classMap', coalesce(d.config->'classMap', '{}'), 'overrides', coalesce(d.config->'overrides', '[]'), 'csv', d.config->'csv')),
    n.revision = 1
  FROM datasets d
  CROSS JOIN LATERAL generate_series(1, d.revision) n(revision)
  LEFT JOIN LATERAL (
    SELECT i.* FROM imports i WHERE i.dataset_id = d.id AND CASE
      WHEN n.revision > 1 THEN i.id = (SELECT r.import_id FROM removals r WHERE r.dataset_id = d.id AND r.revision = n.revision)
      ELSE i.state = 'completed' AND i.id NOT IN (SELECT r.import_id FROM removals r WHERE r.dataset_id = d.id) END
    ORDER BY i.created_at DESC LIMIT 1) i ON true
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE f.is_in) AS files, count(*) FILTER (WHERE f.is_in AND f.kind = 'image' AND f.problem IS NULL) AS images,
      coalesce(sum(f.size) FILTER (WHERE f.is_in), 0) AS bytes, count(*) FILTER (WHERE f.removed_in = n.revision) AS removed,
      CASE WHEN n.revision = d.revision AND d.content_hash IS NOT NULL THEN NULL
        ELSE encode(sha256(coalesce(string_agg(convert_to(f.sha256 || '  ' || f.path || chr(10), 'UTF8'), ''::bytea ORDER BY f.path) FILTER (WHERE f.is_in), ''::bytea)), 'hex') END AS content_hash
    FROM (SELECT *, added_in <= n.revision AND (removed_in IS NULL OR removed_in > n.revision) AS is_in FROM dataset_files WHERE dataset_id = d.id) f) t;--> statement-breakpoint
UPDATE imports i SET kind = 'undo', options = i.options - 'putBack' || jsonb_build_object('undo', jsonb_build_object(
    'revision', coalesce((SELECT r.revision FROM removals r WHERE r.import_id::text = i.options->>'putBack'), 0)))
  WHERE kind = 'put_back';--> statement-breakpoint
UPDATE activities SET kind = 'undo' WHERE kind = 'put_back';--> statement-breakpoint
UPDATE import_moves m SET to_key = coalesce(m.to_key, m.from_key), sha256 = coalesce((SELECT f.sha256 FROM dataset_files f WHERE f.id = m.file_id), '');--> statement-breakpoint
ALTER TABLE "import_moves" ALTER COLUMN "to_key" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "annotation_classes" ALTER COLUMN "added_in" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "annotation_projects" ALTER COLUMN "added_in" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "image_annotation_status" ALTER COLUMN "dataset_id" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "image_annotation_status" ALTER COLUMN "added_in" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "import_moves" ALTER COLUMN "sha256" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "dataset_versions" DROP COLUMN "content_hash";--> statement-breakpoint
ALTER TABLE "dataset_versions" DROP COLUMN "counts";--> statement-breakpoint
ALTER TABLE "dataset_versions" DROP COLUMN "size_bytes";--> statement-breakpoint
ALTER TABLE "dataset_files" DROP COLUMN "removed_by";--> statement-breakpoint
ALTER TABLE "import_moves" DROP COLUMN "file_id";--> statement-breakpoint
ALTER TABLE "annotation_classes" ADD CONSTRAINT "annotation_classes_id_added_in_pk" PRIMARY KEY("id","added_in");--> statement-breakpoint
ALTER TABLE "annotation_projects" ADD CONSTRAINT "annotation_projects_id_added_in_pk" PRIMARY KEY("id","added_in");--> statement-breakpoint
ALTER TABLE "annotations" ADD CONSTRAINT "annotations_id_added_in_pk" PRIMARY KEY("id","added_in");--> statement-breakpoint
ALTER TABLE "image_annotation_status" ADD CONSTRAINT "image_annotation_status_file_id_added_in_pk" PRIMARY KEY("file_id","added_in");--> statement-breakpoint
ALTER TABLE "dataset_files" ADD CONSTRAINT "dataset_files_id_added_in_pk" PRIMARY KEY("id","added_in");--> statement-breakpoint
ALTER TABLE "import_moves" ADD CONSTRAINT "import_moves_import_id_step_from_key_to_key_pk" PRIMARY KEY("import_id","step","from_key","to_key");--> statement-breakpoint
CREATE INDEX "dataset_revisions_import_id_idx" ON "dataset_revisions" USING btree ("import_id");--> statement-breakpoint
CREATE INDEX "version_tags_version_idx" ON "version_tags" USING btree ("dataset_id","version");--> statement-breakpoint
CREATE UNIQUE INDEX "annotation_classes_current_index_key" ON "annotation_classes" USING btree ("project_id","index") WHERE "annotation_classes"."removed_in" is null;--> statement-breakpoint
CREATE INDEX "annotation_classes_project_idx" ON "annotation_classes" USING btree ("project_id");--> statement-breakpoint
CREATE UNIQUE INDEX "annotation_projects_current_task_key" ON "annotation_projects" USING btree ("dataset_id","task_type") WHERE "annotation_projects"."removed_in" is null;--> statement-breakpoint
CREATE INDEX "annotation_projects_dataset_idx" ON "annotation_projects" USING btree ("dataset_id");--> statement-breakpoint
CREATE INDEX "annotations_added_idx" ON "annotations" USING btree ("project_id","added_in");--> statement-breakpoint
CREATE INDEX "annotations_removed_idx" ON "annotations" USING btree ("project_id","removed_in") WHERE "annotations"."removed_in" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "image_annotation_status_current_key" ON "image_annotation_status" USING btree ("file_id") WHERE "image_annotation_status"."removed_in" is null;--> statement-breakpoint
CREATE INDEX "image_annotation_status_added_idx" ON "image_annotation_status" USING btree ("dataset_id","added_in");--> statement-breakpoint
CREATE INDEX "image_annotation_status_removed_idx" ON "image_annotation_status" USING btree ("dataset_id","removed_in") WHERE "image_annotation_status"."removed_in" is not null;--> statement-breakpoint
CREATE INDEX "dataset_versions_revision_idx" ON "dataset_versions" USING btree ("dataset_id","revision");--> statement-breakpoint
CREATE INDEX "dataset_files_added_idx" ON "dataset_files" USING btree ("dataset_id","added_in");--> statement-breakpoint
CREATE INDEX "dataset_files_path_idx" ON "dataset_files" USING btree ("dataset_id","path","added_in","removed_in");--> statement-breakpoint
ALTER TABLE "dataset_revisions" ADD CONSTRAINT "dataset_revisions_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dataset_revisions" ADD CONSTRAINT "dataset_revisions_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "version_tags" ADD CONSTRAINT "version_tags_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "version_tags" ADD CONSTRAINT "version_tags_moved_by_users_id_fk" FOREIGN KEY ("moved_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "image_annotation_status" ADD CONSTRAINT "image_annotation_status_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dataset_versions" ADD CONSTRAINT "dataset_versions_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "imports" ADD CONSTRAINT "imports_kind_check" CHECK ("imports"."kind" in ('import', 'repair', 'remove', 'undo', 'rollback', 'adopt', 'download', 'tokenize'));
