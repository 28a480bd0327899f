import { annotationClasses, type Database, type EditedAnnotation, imageEdits, type Transaction } from '@granary/db';
import { and, eq, inArray, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import type { At } from '../revisions/at.ts';
import type { AnnotationView } from './schemas.ts';

type Db = Database['db'];

/** Whether the edit of an image is not published yet. */
export const isPending: SQL = isNotNull(imageEdits.annotations) as SQL;

/**
 * What people have made of images and not published yet, by the ids of the images: it stands over the rows of the draft. Fixed
 * revisions have none.
 */
export async function pendingOf(db: Db, fileIds: readonly number[], at: At): Promise<Map<number, AnnotationView[]>> {
  if (at !== null || fileIds.length === 0) return new Map();
  const edits = await db
    .select({ fileId: imageEdits.fileId, annotations: imageEdits.annotations })
    .from(imageEdits)
    .where(and(inArray(imageEdits.fileId, [...fileIds]), isPending));
  const classIds = edits.flatMap(({ annotations }) => (annotations ?? []).flatMap(({ classId }) => classId ?? []));
  const classes = await classesOf(db, classIds);
  return new Map(
    edits.map(({ fileId, annotations }) => [
      fileId,
      (annotations ?? []).map((annotation) => viewOf(annotation, classes)),
    ]),
  );
}

interface KnownClass {
  id: number;
  index: number;
  name: string;
}

async function classesOf(db: Db, ids: readonly number[]): Promise<Map<number, KnownClass>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({ id: annotationClasses.id, index: annotationClasses.index, name: annotationClasses.name })
    .from(annotationClasses)
    .where(and(inArray(annotationClasses.id, [...new Set(ids)]), isNull(annotationClasses.removedIn)));
  return new Map(rows.map((row) => [row.id, row]));
}

/** An annotation of an edit as people see it. */
export function viewOf(annotation: EditedAnnotation, classes: ReadonlyMap<number, KnownClass>): AnnotationView {
  const { classId, newClass, ...rest } = annotation;
  const known = classId === null ? undefined : classes.get(classId);
  return { ...rest, classIndex: known?.index ?? null, className: known?.name ?? newClass ?? null };
}

/** How many images have edits that are not published yet. */
export async function countPending({ db }: Pick<Database, 'db'>, datasetId: string): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`count(*)::int` })
    .from(imageEdits)
    .where(and(eq(imageEdits.datasetId, datasetId), isPending));
  return row?.count ?? 0;
}

/** Whether anything is edited and not published yet, which a query about the draft has to look at. */
export async function hasPending({ db }: Pick<Database, 'db'>, datasetId: string, at: At): Promise<boolean> {
  if (at !== null) return false;
  const [row] = await db
    .select({ one: sql<number>`1` })
    .from(imageEdits)
    .where(and(eq(imageEdits.datasetId, datasetId), isPending))
    .limit(1);
  return row !== undefined;
}

/** Whether there is anything to publish: edits that conflict wait for people. */
export async function hasPublishable(db: Database['db'] | Transaction, datasetId: string): Promise<boolean> {
  const [row] = await db
    .select({ id: imageEdits.fileId })
    .from(imageEdits)
    .where(and(eq(imageEdits.datasetId, datasetId), isNotNull(imageEdits.annotations), isNull(imageEdits.conflict)))
    .limit(1);
  return row !== undefined;
}
