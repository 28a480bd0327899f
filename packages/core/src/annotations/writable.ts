import {
  annotationClasses,
  annotationProjects,
  annotations,
  type Database,
  datasetFiles,
  imageAnnotationStatus,
  LABELED_STATES,
} from '@granary/db';
import {
  type Annotation,
  FORMATS,
  type Format,
  type ImageRecord,
  TASK_TYPES,
  type WritableDataset,
} from '@granary/formats';
import { and, asc, eq, gt, inArray, type SQL, sql } from 'drizzle-orm';
import type { Dataset } from '../access/policy.ts';
import { type At, isAt } from '../revisions/at.ts';

const PAGE = 500;

interface Chosen {
  /** Of its images only some, as a condition on `dataset_files`. */
  which?: SQL | undefined;
  /** Is told of the files of each page before its images are handed on. */
  onPage?: (files: readonly (typeof datasetFiles.$inferSelect)[]) => void;
}

/** A dataset's images and annotations at a revision as the writers of formats want them, a page at a time. */
export async function writableDataset(
  { db }: Database,
  dataset: Dataset,
  at: At = null,
  { which, onPage }: Chosen = {},
): Promise<WritableDataset> {
  // What the annotations are does not change with what people say the dataset is for.
  const [project] = await db
    .select()
    .from(annotationProjects)
    .where(
      and(
        eq(annotationProjects.datasetId, dataset.id),
        isAt(annotationProjects, at),
        sql`exists (select 1 from ${annotations} where ${annotations.projectId} = ${annotationProjects.id} and ${isAt(annotations, at)})`,
      ),
    );
  const classes = project
    ? await db
        .select()
        .from(annotationClasses)
        .where(and(eq(annotationClasses.projectId, project.id), isAt(annotationClasses, at)))
        .orderBy(asc(annotationClasses.index))
    : [];
  const indexOf = new Map(classes.map(({ id, index }) => [id, index]));

  async function* images(): AsyncGenerator<ImageRecord[]> {
    let after = '';
    for (;;) {
      const rows = await db
        .select({ file: datasetFiles, state: imageAnnotationStatus.state })
        .from(datasetFiles)
        .leftJoin(
          imageAnnotationStatus,
          and(eq(imageAnnotationStatus.fileId, datasetFiles.id), isAt(imageAnnotationStatus, at)),
        )
        .where(
          and(
            eq(datasetFiles.datasetId, dataset.id),
            eq(datasetFiles.kind, 'image'),
            isAt(datasetFiles, at),
            gt(datasetFiles.path, after),
            which,
          ),
        )
        .orderBy(asc(datasetFiles.path))
        .limit(PAGE);
      const byFile = await annotationsOf(rows.map(({ file }) => file.id));
      if (rows.length > 0) {
        onPage?.(rows.map(({ file }) => file));
        yield rows.map(({ file, state }) => ({
          path: file.path,
          width: file.width,
          height: file.height,
          problem: file.problem,
          split: file.split,
          className: file.className,
          isLabeled: LABELED_STATES.some((labeled) => labeled === state),
          ...(file.source ? { source: file.source } : {}),
          annotations: byFile.get(file.id) ?? [],
        }));
      }
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.file.path ?? '';
    }
  }

  async function annotationsOf(fileIds: readonly number[]): Promise<Map<number, Annotation[]>> {
    if (fileIds.length === 0) return new Map();
    const rows = await db
      .select()
      .from(annotations)
      .where(and(inArray(annotations.fileId, [...fileIds]), isAt(annotations, at)))
      .orderBy(asc(annotations.id));
    const byFile = new Map<number, Annotation[]>();
    for (const { fileId, classId, type, geometry, attributes } of rows) {
      const list = byFile.get(fileId) ?? [];
      byFile.set(fileId, list);
      const classIndex = classId === null ? null : (indexOf.get(classId) ?? null);
      // Rows are written from this very model.
      list.push({ type, geometry, attributes, classIndex } as Annotation);
    }
    return byFile;
  }

  return {
    format: FORMATS.find((format): format is Format => format === dataset.format) ?? null,
    taskType: TASK_TYPES.find((type) => type === (project?.taskType ?? dataset.taskType)) ?? null,
    classes: classes.map(({ name, source }) => ({ name, source })),
    source: project?.source ?? {},
    images,
  };
}
