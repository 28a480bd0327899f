import type { AnnotationState, AnySql, EditedAnnotation } from '@granary/db';

/** All that a save and a reading need to know of an image, in one query. */
export interface PresentImage {
  id: number;
  path: string;
  width: number | null;
  height: number | null;
  problem: string | null;
  split: string | null;
  class_name: string | null;
  source: Record<string, unknown> | null;
  /** The dataset's newest. */
  revision: number;
  state: AnnotationState;
  /** Of the newest edit; 0 where there has been none. */
  version: number;
  is_pending: boolean;
  published_in: number | null;
  edited_by: string | null;
  edited_at: Date | null;
  conflict: Record<string, unknown> | null;
  /** The newest revision that changed what the rows say of the image; 0 for none. */
  newest: number;
  annotations: EditedAnnotation[];
}

/** The image with its annotations as the draft has them, edits over rows; undefined for what is no image of it. */
export async function findPresent(sql: AnySql, datasetId: string, fileId: number): Promise<PresentImage | undefined> {
  const [row] = await sql<PresentImage[]>`
    select f.id::float8 as id, f.path, f.width, f.height, f.problem, f.split, f.class_name, f.source, d.revision,
      coalesce(case when e.annotations is not null then e.state end, s.state, 'not_started') as state,
      coalesce(e.version, 0) as version, e.annotations is not null as is_pending, e.published_in, e.edited_by, e.edited_at, e.conflict,
      greatest((select max(greatest(a.added_in, a.removed_in)) from annotations a where a.file_id = f.id),
        (select max(greatest(t.added_in, t.removed_in)) from image_annotation_status t where t.file_id = f.id), 0) as newest,
      case when e.annotations is not null then e.annotations else coalesce((
        select jsonb_agg(jsonb_build_object('id', a.id, 'classId', a.class_id, 'type', a.type, 'geometry', a.geometry,
          'attributes', a.attributes, 'state', a.state, 'createdBy', a.created_by, 'confirmedBy', a.confirmed_by,
          'confirmedAt', to_char(a.confirmed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by a.id)
        from annotations a where a.file_id = f.id and a.removed_in is null), '[]') end as annotations
    from dataset_files f join datasets d on d.id = f.dataset_id
    left join image_edits e on e.file_id = f.id
    left join image_annotation_status s on s.file_id = f.id and s.removed_in is null
    where f.id = ${fileId} and f.dataset_id = ${datasetId} and f.kind = 'image' and f.removed_in is null`;
  return row;
}

/**
 * What tells the annotations of an image from what others make of them. Publishing an edit does not change it; any other change of
 * the rows does.
 */
export function etagOf({
  version,
  is_pending,
  published_in,
  newest,
}: Pick<PresentImage, 'version' | 'is_pending' | 'published_in' | 'newest'>): string {
  const isEdit = version > 0 && (is_pending || (published_in !== null && published_in >= newest));
  return isEdit ? `e${version}` : `r${newest}`;
}
