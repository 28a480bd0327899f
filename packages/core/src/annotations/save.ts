import { isDeepStrictEqual } from 'node:util';
import { type AnnotationState, type EditedAnnotation, LABELED_STATES } from '@granary/db';
import { type Annotation, FORMAT_TITLES, type ImageRecord, taskTypeOf, writerOf } from '@granary/formats';
import type { z } from 'zod';
import type { Permitted } from '../access/policy.ts';
import type { Reader } from '../base/person.ts';
import { AppError } from '../errors/app-error.ts';
import { areaOf, mistakeIn } from './geometry.ts';
import { viewOf } from './overlay.ts';
import { etagOf, findPresent, type PresentImage } from './present.ts';
import { type PublishTarget, publishTargetOf } from './publish-format.ts';
import type { ImageAnnotations, SavedAnnotation, saveAnnotationsInput } from './schemas.ts';

const MOST_TRIES = 5;

/** The annotations of an image of the draft, whole, with the etag that a save is based on. @throws AppError `not_found` */
export async function readAnnotations(
  ctx: Permitted<'see' | 'edit', Reader>,
  fileId: number,
): Promise<ImageAnnotations> {
  const image = await requirePresent(ctx, fileId);
  return answerOf(image, await publishTargetOf(ctx.database, ctx.dataset));
}

/**
 * Saves all annotations of an image, as an edit over what the files say: publishing writes it into them. What was not changed
 * keeps its author and its state.
 *
 * @throws AppError `not_found`, `invalid_input`; `edited_meanwhile` when somebody else was faster, with the present annotations;
 * `format_cannot_hold` for what the dataset's format has no place for
 */
export async function saveAnnotations(
  ctx: Permitted<'edit'>,
  input: z.infer<typeof saveAnnotationsInput>,
): Promise<ImageAnnotations> {
  const target = await publishTargetOf(ctx.database, ctx.dataset);
  for (let tries = 1; ; tries++) {
    const image = await requirePresent(ctx, input.fileId);
    if (etagOf(image) !== input.basedOn) {
      throw new AppError('edited_meanwhile', { present: answerOf(image, target) });
    }
    const edited = await annotationsOf(ctx, image, target, input.annotations);
    const state = input.state ?? stateAfter(image, edited);
    if (state === image.state && isDeepStrictEqual(edited, image.annotations)) return answerOf(image, target);
    refuseLosses(image, edited, state, target);
    const saved = await write(ctx, image, edited, state);
    if (saved) {
      await askForPublication(ctx);
      return answerOf(saved, target);
    }
    // Published, or saved by somebody else, since it was read.
    if (tries >= MOST_TRIES) throw new AppError('edited_meanwhile', { present: answerOf(image, target) });
  }
}

/** When a publication was last asked for, by dataset: once in a while is enough, since the job looks again by itself. */
const asked = new Map<string, number>();
const MOST_ASKED = 1000;

async function askForPublication({ queue, defaults, dataset, log }: Permitted<'edit'>): Promise<void> {
  const after = defaults.GRANARY_PUBLISH_AFTER;
  const now = performance.now();
  if (now - (asked.get(dataset.id) ?? Number.NEGATIVE_INFINITY) < after * 500) return;
  if (asked.size >= MOST_ASKED) asked.clear();
  asked.set(dataset.id, now);
  // A schedule finds what is not asked for.
  await queue
    .askForPublication(dataset.id, after)
    .catch((error) => log.warn({ err: error }, 'publication not asked for'));
}

async function requirePresent(
  { database, dataset }: Permitted<'see' | 'edit', Reader>,
  fileId: number,
): Promise<PresentImage> {
  const image = await findPresent(database.sql, dataset.id, fileId);
  if (!image) throw new AppError('not_found', { message: 'The dataset has no such image.' });
  return image;
}

function answerOf(image: PresentImage, { classes }: PublishTarget): ImageAnnotations {
  const byId = new Map(classes.map((definition) => [definition.id, definition]));
  return {
    fileId: image.id,
    etag: etagOf(image),
    state: image.state,
    annotations: image.annotations.map((annotation) => viewOf(annotation, byId)),
    isPublished: !image.is_pending,
    editedBy: image.edited_by,
    editedAt: image.edited_at?.toISOString() ?? null,
    conflict: image.conflict,
  };
}

/** A first annotation makes an image one that is labeled; whoever knows more says so. */
function stateAfter({ state }: PresentImage, annotations: readonly EditedAnnotation[]): AnnotationState {
  const isUntouched = state === 'not_started' || state === 'labels_lost';
  return isUntouched && annotations.length > 0 ? 'completed' : state;
}

/** What was sent, with ids, authors and classes. @throws AppError `invalid_input` */
async function annotationsOf(
  { database: { sql }, person }: Permitted<'edit'>,
  image: PresentImage,
  { classes }: PublishTarget,
  sent: readonly SavedAnnotation[],
): Promise<EditedAnnotation[]> {
  const byName = new Map(classes.map(({ name, id }) => [name, id]));
  const ids = new Set(classes.map(({ id }) => id));
  const before = new Map(image.annotations.map((annotation) => [annotation.id, annotation]));
  const now = new Date().toISOString();
  const taken = new Set<number>();
  const issues: { path: string; message: string }[] = [];
  const edited = sent.map((annotation, i): Omit<EditedAnnotation, 'id'> & { id: number | null } => {
    const { type, geometry, className, classId } = annotation;
    const known = annotation.id === undefined || taken.has(annotation.id) ? undefined : before.get(annotation.id);
    if (known) taken.add(known.id);
    const given = typeof classId === 'number' ? classId : className != null ? byName.get(className) : undefined;
    const refuse = (field: string, message: string) => issues.push({ path: `annotations.${i}.${field}`, message });
    if (type === 'caption' ? given !== undefined || className != null : given === undefined && className == null)
      refuse('classId', type === 'caption' ? 'a caption has no class' : 'is missing');
    if (given !== undefined && !ids.has(given)) refuse('classId', 'is no class of the dataset');
    const attributes = { ...(annotation.attributes ?? known?.attributes ?? {}) };
    const isMoved =
      known !== undefined && !isDeepStrictEqual({ type: known.type, geometry: known.geometry }, { type, geometry });
    const shape = { type, geometry, attributes, classIndex: null } as Annotation;
    if (!known || isMoved) {
      const mistake = mistakeIn(shape, image);
      if (mistake) refuse('geometry', mistake);
    }
    if (isMoved && isDeepStrictEqual(attributes.area, known.attributes.area) && attributes.area !== undefined) {
      const area = areaOf(shape);
      if (area === null) delete attributes.area;
      else attributes.area = area;
    }
    const content = {
      type,
      geometry: { ...geometry },
      attributes,
      classId: given ?? null,
      ...(given === undefined && className != null ? { newClass: className } : {}),
    };
    const isSame =
      known !== undefined &&
      !isMoved &&
      known.classId === content.classId &&
      known.newClass === content.newClass &&
      isDeepStrictEqual(known.attributes, attributes);
    if (isSame) return known;
    return {
      ...content,
      id: known?.id ?? null,
      state: 'confirmed',
      createdBy: known?.createdBy ?? person.id,
      confirmedBy: person.id,
      confirmedAt: now,
    };
  });
  if (issues.length > 0) throw new AppError('invalid_input', { issues });
  const fresh = edited.filter(({ id }) => id === null).length;
  const numbers =
    fresh === 0
      ? []
      : await sql<{ id: number }[]>`
          select nextval(pg_get_serial_sequence('annotations', 'id'))::float8 as id from generate_series(1, ${fresh})`;
  let at = 0;
  return edited.map((annotation) => ({ ...annotation, id: annotation.id ?? numbers[at++]?.id ?? 0 }));
}

/** What the format has no place for is refused where it is new. @throws AppError `format_cannot_hold` */
function refuseLosses(
  image: PresentImage,
  edited: readonly EditedAnnotation[],
  state: AnnotationState,
  target: PublishTarget,
): void {
  const writer = writerOf(target.format);
  if (!writer) return;
  const indexOf = new Map(target.classes.map(({ id, index }) => [id, index]));
  const added = [...new Set(edited.flatMap(({ newClass }) => newClass ?? []))];
  const classes = [...target.classes, ...added.map((name) => ({ name, source: {} }))];
  const lossesOf = (annotations: readonly EditedAnnotation[], imageState: AnnotationState) => {
    const record = recordOf(image, annotations, imageState, ({ classId, newClass }) =>
      newClass !== undefined
        ? target.classes.length + added.indexOf(newClass)
        : classId === null
          ? null
          : (indexOf.get(classId) ?? null),
    );
    const own = taskTypeOf(new Set(record.annotations.map(({ type }) => type)));
    const { format, source, taskType } = target;
    const dataset = { format, source, classes, taskType: taskType ?? own, async *images() {} };
    return new Set(writer.losses(record, dataset));
  };
  const before = lossesOf(image.annotations, image.state);
  const losses = [...lossesOf(edited, state)].filter((loss) => !before.has(loss));
  if (losses.length === 0) return;
  const title = FORMAT_TITLES[target.format];
  throw new AppError('format_cannot_hold', {
    message: `The labels of this dataset are ${title}, which cannot hold this: ${losses.join('; ')}.`,
    hint: `Convert the labels first, to ${FORMAT_TITLES.coco} for example: POST /api/v1/datasets/{id}/publish {"format": "coco"}, or "Labels" in the settings.`,
    issues: losses.map((message) => ({ path: 'annotations', message })),
  });
}

/** An image as writers of formats want it. */
export function recordOf(
  { path, width, height, problem, split, class_name, source }: Omit<PresentImage, 'annotations' | 'state'>,
  annotations: readonly EditedAnnotation[],
  state: AnnotationState,
  classIndexOf: (annotation: EditedAnnotation) => number | null,
): ImageRecord {
  return {
    path,
    width,
    height,
    problem,
    split,
    className: class_name,
    isLabeled: LABELED_STATES.some((labeled) => labeled === state),
    ...(source ? { source } : {}),
    annotations: annotations.map(
      (annotation) =>
        ({
          type: annotation.type,
          geometry: annotation.geometry,
          attributes: annotation.attributes,
          classIndex: classIndexOf(annotation),
        }) as Annotation,
    ),
  };
}

/** Null where somebody else has written since the image was read. */
async function write(
  { database: { sql }, person, dataset }: Permitted<'edit'>,
  image: PresentImage,
  annotations: readonly EditedAnnotation[],
  state: AnnotationState,
): Promise<PresentImage | null> {
  const [row] = await sql<{ version: number; edited_at: Date }[]>`
    insert into image_edits as e (file_id, dataset_id, base_revision, annotations, state, edited_by)
    values (${image.id}, ${dataset.id}, ${image.revision}, ${sql.json(annotations as never)}, ${state}, ${person.id})
    on conflict (file_id) do update set version = e.version + 1, annotations = excluded.annotations, state = excluded.state,
      edited_by = excluded.edited_by, edited_at = now(),
      base_revision = case when e.annotations is null or e.conflict is not null then excluded.base_revision else e.base_revision end,
      conflict = null
    where e.version = ${image.version} and (e.annotations is not null) = ${image.is_pending}
    returning version, edited_at`;
  if (!row || row.version !== image.version + 1) return null;
  return {
    ...image,
    annotations: [...annotations],
    state,
    version: row.version,
    is_pending: true,
    conflict: null,
    edited_by: person.id,
    edited_at: row.edited_at,
  };
}
