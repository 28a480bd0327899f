import type { Database } from '@granary/db';
import { type ClassDefinition, FORMATS, type Format, TASK_TYPES, type TaskType, writerOf } from '@granary/formats';

/** What a dataset's edits become: its labels as a format's writer wants to know of them. */
export interface PublishTarget {
  format: Format;
  /** Whether the labels lie in another format now, whose files the publication replaces. */
  isConversion: boolean;
  taskType: TaskType | null;
  classes: (ClassDefinition & { id: number; index: number })[];
  source: Record<string, unknown>;
}

/** Their writers put images in folders of their own: they are for exports. */
const ONLY_EXPORTED: ReadonlySet<Format> = new Set<Format>(['masks', 'coco_panoptic']);

/** Whether edits can be written into a dataset of the format. */
export const isPublishable = (format: Format): boolean => writerOf(format) !== undefined && !ONLY_EXPORTED.has(format);

/** The format in which edits are written: the dataset's own where it can be written, else what its owner chose, or COCO. */
export function publishFormatOf(dataset: { format: string | null; config: Record<string, unknown> }): Format {
  const named = (name: unknown) => FORMATS.find((format) => format === name && isPublishable(format));
  return named(dataset.format) ?? named(dataset.config.publishFormat) ?? 'coco';
}

const MOST_KEPT = 200;
const kept = new Map<string, { revision: number; target: PublishTarget }>();

/** What the edits of a dataset are written as, at its newest revision; remembered until there is another one. */
export async function publishTargetOf(
  { sql }: Pick<Database, 'sql'>,
  dataset: {
    id: string;
    revision: number;
    format: string | null;
    taskType: string | null;
    config: Record<string, unknown>;
  },
): Promise<PublishTarget> {
  const key = `${dataset.id} ${publishFormatOf(dataset)}`;
  const known = kept.get(key);
  if (known?.revision === dataset.revision) return known.target;
  const [project] = await sql<{ id: string; task_type: string; source: Record<string, unknown> }[]>`
    select id, task_type, source from annotation_projects where dataset_id = ${dataset.id} and removed_in is null
    order by created_at limit 1`;
  const classes = project
    ? await sql<PublishTarget['classes']>`
        select id::float8 as id, index, name, source from annotation_classes
        where project_id = ${project.id} and removed_in is null order by index`
    : [];
  const format = publishFormatOf(dataset);
  const isConversion = format !== dataset.format;
  const target: PublishTarget = {
    format,
    isConversion,
    taskType: TASK_TYPES.find((type) => type === (project?.task_type ?? dataset.taskType)) ?? null,
    classes: [...classes],
    source: isConversion ? {} : (project?.source ?? {}),
  };
  kept.delete(key);
  kept.set(key, { revision: dataset.revision, target });
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
  return target;
}
