import type { PublishTarget } from '@granary/core/annotations/publish-format';
import { JobFailure } from '@granary/core/errors/failures';
import type { Change } from '@granary/core/imports/changes';
import { dividedImages } from '@granary/core/imports/divide';
import { conditionOf } from '@granary/core/queries/condition';
import { readQuery } from '@granary/core/queries/input';
import { datasetFiles } from '@granary/db';
import { type ClassDefinition, writerOf } from '@granary/formats';
import { sql as expression } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type { DatasetSession } from '../session.ts';
import { expectImages } from './expect.ts';

type Of<What extends Change['what']> = Extract<Change, { what: What }>;

interface Changing {
  session: DatasetSession;
  datasetId: string;
  target: PublishTarget;
}

/**
 * Applies a change to what the files have to say, in `expected_images` and `expected_annotations`.
 *
 * @returns the classes as they will be
 * @throws JobFailure `wrong_state` for a class that is gone
 */
export async function applyChange(context: Changing, change: Change): Promise<ClassDefinition[]> {
  const classes = context.target.classes.map(({ name, source }) => ({ name, source }));
  switch (change.what) {
    case 'add_class':
      return [...classes, { name: change.name, source: {} }];
    case 'rename_class': {
      const { name, index } = classOf(context, change.classId);
      await moveAnnotations(context, [change.classId], [name], change.name);
      return classes.map((definition, at) => (at === index ? { ...definition, name: change.name } : definition));
    }
    case 'delete_class':
      return dissolve(context, classes, [change.classId], change.into);
    case 'merge_classes':
      return dissolve(context, classes, change.from, change.into);
    case 'images':
      await changeImages(context, change);
      return classes;
    case 'splits':
      await divide(context, change);
      return classes;
  }
}

function classOf({ target }: Changing, id: number) {
  const position = target.classes.findIndex((definition) => definition.id === id);
  const found = target.classes[position];
  if (!found) throw new JobFailure('wrong_state', 'The class was deleted in the meantime.');
  return { name: found.name, index: position };
}

/** Annotations of some classes get another one, or go with null. */
async function moveAnnotations(
  { session, datasetId }: Changing,
  ids: readonly number[],
  names: readonly string[],
  to: string | null,
): Promise<void> {
  const { sql } = session;
  await expectImages(
    session,
    datasetId,
    sql`f.id in (select a.file_id from annotations a where a.class_id = any(${[...ids]}::bigint[]) and a.removed_in is null)`,
  );
  if (to === null) await sql`delete from expected_annotations where class_name = any(${[...names]}::text[])`;
  else await sql`update expected_annotations set class_name = ${to} where class_name = any(${[...names]}::text[])`;
}

/**
 * Takes classes out. Where labels have the numbers of classes, as in YOLO, those of the others have to stay: the place of one that
 * is not the last keeps a name that nothing has.
 */
async function dissolve(
  context: Changing,
  classes: readonly ClassDefinition[],
  from: readonly number[],
  into: number | null,
): Promise<ClassDefinition[]> {
  const gone = from.filter((id) => id !== into).map((id) => classOf(context, id));
  const to = into === null ? null : classOf(context, into).name;
  await moveAnnotations(
    context,
    from.filter((id) => id !== into),
    gone.map(({ name }) => name),
    to,
  );
  const places = new Set(gone.map(({ index }) => index));
  const left = classes.map((definition, index) =>
    places.has(index) ? { name: `deleted_${index}`, source: {}, isGone: true } : { ...definition, isGone: false },
  );
  const isNumbered = context.target.format === 'yolo';
  while (isNumbered && left.at(-1)?.isGone) left.pop();
  return left.filter(({ isGone }) => isNumbered || !isGone).map(({ name, source }) => ({ name, source }));
}

async function changeImages({ session, datasetId, target }: Changing, change: Of<'images'>): Promise<void> {
  const { sql } = session;
  const { split = null, state = null, classId = null, remove } = change;
  await choose({ session, datasetId, target }, change);
  const chosen = sql`(select id from chosen_images)`;
  if (remove) {
    await sql`insert into removed_images select f.id from dataset_files f
      where f.dataset_id = ${datasetId} and f.kind = 'image' and f.removed_in is null and f.id in ${chosen}`;
    await sql`insert into closing_files select id from removed_images`;
    if (writerOf(target.format)?.writesByImage)
      await sql`insert into closing_files select l.id from dataset_files f join removed_images r on r.id = f.id
        join dataset_files l on l.dataset_id = f.dataset_id and l.removed_in is null and l.kind = 'label'
          and l.path in (f.source->>'label', f.source->>'file') where f.removed_in is null`;
    await sql`delete from expected_images x using removed_images r where r.id = x.file_id`;
    await sql`delete from expected_annotations x using removed_images r where r.id = x.file_id`;
    return;
  }
  await expectImages(session, datasetId, sql`f.id in ${chosen}`);
  if (state !== null) await sql`update expected_images set state = ${state} where file_id in ${chosen}`;
  if (classId !== null) {
    const { name } = classOf({ session, datasetId, target }, classId);
    await sql`update expected_annotations set class_name = ${name} where file_id in ${chosen} and type <> 'caption'`;
  }
  if (split !== null)
    await sql`update expected_images x set split = ${split} from dataset_files f
      where f.id = x.file_id and f.removed_in is null and f.split is distinct from ${split} and x.file_id in ${chosen}`;
}

/** The images that a change is about, as the session's table `chosen_images`. */
async function choose({ session: { sql }, datasetId }: Changing, { q, fileIds }: Of<'images'>): Promise<void> {
  await sql`drop table if exists chosen_images`;
  await sql`create temp table chosen_images (id bigint primary key)`;
  if (fileIds) {
    await sql`insert into chosen_images select unnest(${fileIds}::bigint[]) on conflict do nothing`;
    return;
  }
  const query = readQuery(q ?? undefined);
  const which = query ? conditionOf(query, { datasetId, at: null, hasEdits: true }) : expression`true`;
  const { sql: text, params } = new PgDialect().sqlToQuery(expression`
    insert into chosen_images select ${datasetFiles.id} from ${datasetFiles}
    where ${datasetFiles.datasetId} = ${datasetId} and ${datasetFiles.kind} = 'image' and ${datasetFiles.removedIn} is null and ${which}`);
  await sql.unsafe(text, params as never[]);
}

/** Divides all images by shares; those that get another split are written anew. */
async function divide({ session, datasetId }: Changing, change: Of<'splits'>): Promise<void> {
  const { sql } = session;
  if (change.train + change.val + change.test <= 0)
    throw new JobFailure('invalid_input', 'The shares of the splits are all 0.');
  await sql`drop table if exists divided`;
  await sql`create temp table divided as ${dividedImages(sql, datasetId, change)}`;
  await sql`delete from divided where was is not distinct from split`;
  await sql`create unique index on divided (id)`;
  await sql`analyze divided`;
  await expectImages(session, datasetId, sql`f.id in (select id from divided)`);
  await sql`update expected_images x set split = d.split from divided d where d.id = x.file_id`;
}
