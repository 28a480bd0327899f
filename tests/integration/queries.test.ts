import { conditionOf } from '@granary/core/queries/condition';
import { parseQuery } from '@granary/core/queries/parse';
import { type Comparison, type Query, type Term, term } from '@granary/core/queries/query';
import { connect, type Database } from '@granary/db';
import { cloneTemplate } from '@granary/db/testing';
import { sql as fragment } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

interface Lifetime {
  from: number;
  to: number | null;
}
interface ModelAnnotation extends Lifetime {
  className: string;
  type: string;
  geometry: Record<string, unknown>;
  /** Share of the image. */
  area: number | null;
  score: number | null;
  by: string | null;
}
interface ModelImage extends Lifetime {
  id: number;
  path: string;
  split: string | null;
  width: number | null;
  height: number | null;
  size: number;
  phash: number | null;
  problem: string | null;
  states: (Lifetime & { state: string })[];
  annotations: ModelAnnotation[];
}

const REVISIONS = 3;
/** A day for each revision. */
const DAYS = ['2026-11-01', '2026-11-02', '2026-11-03'];
const DATASET = 'q';
/** Pairs of hashes that differ in few bits. */
const ALIKE = [[1, 2]];
const REPORTED = ['a/1.jpg', 'a/12.jpg'];

let database: Database;
let drop: () => Promise<void>;
let images: ModelImage[];

beforeAll(async () => {
  const clone = await cloneTemplate(inject('serverUrl'));
  database = connect(clone.url, { max: 1 });
  drop = clone.drop;
  images = someImages();
  await store(images);
});
afterAll(async () => {
  await database.close();
  await drop();
});

/** The same on every run. */
function someImages(): ModelImage[] {
  let seed = 7;
  const below = (most: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * most);
  };
  const oneOf = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const lifetime = (after = 1): Lifetime => {
    const from = after + below(REVISIONS - after + 1);
    return { from, to: from < REVISIONS && below(3) === 0 ? from + 1 + below(REVISIONS - from) : null };
  };
  const annotation = (width: number | null, height: number | null): ModelAnnotation => {
    const [w, h] = [1 + below(40), 1 + below(40)];
    const corners = [10, 10, 10 + w, 10, 10 + w, 10 + h, 10, 10 + h];
    const [type, geometry] = oneOf<[string, Record<string, unknown>]>([
      ['bbox', { box: [10, 10, w, h] }],
      ['obb', { corners }],
      ['polygon', { box: null, polygons: [corners.slice(0, 6), corners.slice(2)] }],
      ['classification', {}],
    ]);
    const area = type === 'classification' || !width || !height ? null : (w * h) / (width * height);
    return {
      ...lifetime(),
      ...{ type, geometry, area },
      className: oneOf(['car', 'bus', 'traffic light']),
      score: oneOf([null, 0.2, 0.7]),
      by: oneOf([null, 'Ada', 'Mina']),
    };
  };
  return Array.from({ length: 60 }, (_, i) => {
    const [width, height] = oneOf<[number | null, number | null]>([
      [100, 80],
      [640, 480],
      [null, null],
    ]);
    return {
      ...lifetime(),
      ...{ id: 0, width, height },
      path: `${oneOf(['a', 'b c', 'D%'])}/${i}.jpg`,
      split: oneOf([null, 'train', 'val']),
      size: below(3000),
      phash: oneOf([null, 1, 2, i + 100]),
      problem: oneOf([null, null, null, 'image_unreadable']),
      states: oneOf([
        [],
        [{ from: 1, to: null, state: 'completed' }],
        [
          { from: 1, to: 2, state: 'labels_lost' },
          { from: 2, to: null, state: 'completed' },
        ],
      ]),
      annotations: Array.from({ length: below(4) }, () => annotation(width, height)),
    };
  });
}

async function store(all: ModelImage[]): Promise<void> {
  const { sql } = database;
  const json = (value: unknown) => sql.json(value as Parameters<typeof sql.json>[0]);
  const users = await sql<{ id: string; name: string }[]>`
    insert into users (email, name, password_hash) values ('ada@example.org', 'Ada', ''), ('mina@example.org', 'Mina', '') returning id, name`;
  const idOf = new Map(users.map(({ id, name }) => [name, id]));
  await sql`insert into datasets (id, name, owner_id, storage_type, storage_path, revision)
    values (${DATASET}, 'q', ${users[0]?.id ?? ''}, 'filesystem', '', ${REVISIONS})`;
  for (const [i, day] of DAYS.entries())
    await sql`insert into dataset_revisions (dataset_id, revision, kind, created_at, counts, state, content_hash)
      values (${DATASET}, ${i + 1}, 'upload', ${`${day}T12:00:00Z`}, '{}', '{}', '')`;
  const report = { issues: [{ code: 'invalid_box', examples: REPORTED.map((image) => ({ image })) }] };
  await sql`insert into imports (dataset_id, kind, state, job_id, upload_ids, options, report) values (${DATASET}, 'import', 'completed', gen_random_uuid(), '{}', '{}', ${json(report)})`;
  for (const [a, b] of ALIKE)
    await sql`insert into similar_hashes (dataset_id, a, b, distance) values (${DATASET}, ${a ?? 0}, ${b ?? 0}, 2)`;
  const [project] = await sql<{ id: string }[]>`
    insert into annotation_projects (dataset_id, task_type, added_in) values (${DATASET}, 'object_detection', 1) returning id`;
  const classes = await sql<
    { id: string; name: string }[]
  >`insert into annotation_classes (project_id, index, name, added_in)
    select ${project?.id ?? ''}, o - 1, n, 1 from unnest(${['car', 'bus', 'traffic light']}::text[]) with ordinality u(n, o) returning id, name`;
  const classOf = new Map(classes.map(({ id, name }) => [name, id]));
  for (const image of all) {
    const [row] = await sql<{ id: string }[]>`
      insert into dataset_files (dataset_id, path, size, sha256, mime, kind, width, height, problem, split, storage_key, phash, added_in, removed_in)
      values (${DATASET}, ${image.path}, ${image.size}, 'x', 'image/jpeg', 'image', ${image.width}, ${image.height}, ${image.problem}, ${image.split}, '', ${image.phash}, ${image.from}, ${image.to})
      returning id`;
    image.id = Number(row?.id);
    for (const { state, from, to } of image.states)
      await sql`insert into image_annotation_status (dataset_id, file_id, state, added_in, removed_in) values (${DATASET}, ${image.id}, ${state}, ${from}, ${to})`;
    for (const a of image.annotations)
      await sql`insert into annotations (project_id, file_id, class_id, type, geometry, attributes, created_by, added_in, removed_in)
        values (${project?.id ?? ''}, ${image.id}, ${classOf.get(a.className) ?? ''}, ${a.type}, ${json(a.geometry)},
          ${json(a.score === null ? {} : { score: a.score })}, ${idOf.get(a.by ?? '') ?? null}, ${a.from}, ${a.to})`;
  }
}

const isThere = ({ from, to }: Lifetime, at: number) => from <= at && (to === null || to > at);
const compare = (left: number | string, is: Comparison, right: number | string): boolean =>
  is === '<'
    ? left < right
    : is === '<='
      ? left <= right
      : is === '>'
        ? left > right
        : is === '>='
          ? left >= right
          : left === right;

/** What a query says of an image; null where it says nothing. */
function answer(query: Query, image: ModelImage, at: number): boolean {
  if (query.kind === 'not') return !answer(query.part, image, at);
  if (query.kind === 'and') return query.parts.every((part) => answer(part, image, at));
  if (query.kind === 'or') return query.parts.some((part) => answer(part, image, at));
  return answerOf(query, image, at);
}

function answerOf({ field, is, value, count }: Term, image: ModelImage, at: number): boolean {
  const there = image.annotations.filter((a) => isThere(a, at));
  const state = image.states.find((s) => isThere(s, at))?.state ?? 'not_started';
  const yes = (fact: boolean) => fact === (value === 'yes');
  switch (field) {
    case 'word':
      return image.path.toLowerCase().includes(String(value).toLowerCase());
    case 'path':
      return image.path.startsWith(String(value));
    case 'class': {
      const same = there.filter((a) => a.className === value).length;
      return count ? compare(same, count.is, count.value) : same > 0;
    }
    case 'split':
      return value === 'none' ? image.split === null : image.split === (value === 'valid' ? 'val' : value);
    case 'type':
      return there.some((a) => a.type === value);
    case 'labeled':
      return yes(state === 'completed');
    case 'empty':
      return yes(state === 'completed' && there.length === 0);
    case 'state':
      return state === value;
    case 'issue':
      return value === 'any'
        ? image.problem !== null || REPORTED.includes(image.path)
        : image.problem === value || (value === 'invalid_box' && REPORTED.includes(image.path));
    case 'duplicate':
      return yes(
        images.some(
          (other) =>
            other !== image &&
            isThere(other, at) &&
            other.phash !== null &&
            image.phash !== null &&
            (other.phash === image.phash ||
              ALIKE.some((pair) => pair.includes(other.phash ?? 0) && pair.includes(image.phash ?? 0))),
        ),
      );
    case 'area':
      return there.some(({ area }) => area !== null && compare(area, is, value));
    case 'score':
      return there.some(({ score }) => score !== null && compare(score, is, value));
    case 'width':
    case 'height':
    case 'size': {
      const number = image[field];
      return number !== null && compare(number, is, value);
    }
    case 'by':
      return there.some(({ by }) => by?.toLowerCase() === String(value).toLowerCase());
    case 'model':
      return false;
    case 'changed': {
      const touched = image.annotations.flatMap((a) =>
        a.from <= at ? [a.from, ...(a.to !== null && a.to <= at ? [a.to] : [])] : [],
      );
      return compare(DAYS[Math.max(image.from, ...touched) - 1] ?? '', is, value);
    }
  }
}

const texts = fc.constantFrom(
  'a/1',
  '"%"',
  'JPG',
  'path:"b c/"',
  'path:A',
  'class:car',
  'class:"traffic light"',
  'class:car>=2',
  'class:bus=0',
  'class:bus<2',
  'class:none',
  'split:train',
  'split:none',
  'split:valid',
  'type:obb',
  'type:caption',
  'labeled:yes',
  'labeled:no',
  'empty:yes',
  'empty:no',
  'state:not_started',
  'state:labels_lost',
  'issue:any',
  'issue:invalid_box',
  'issue:image_unreadable',
  'duplicate:yes',
  'duplicate:no',
  'area<1%',
  'area>=0.05',
  'score<0.5',
  'score:0.7',
  'width>=640',
  'height<100',
  'size>1KB',
  'by:ada',
  'by:nobody',
  'model:yolo',
  'changed>2026-11-01',
  'changed:2026-11-02',
  'changed<=2026-11-02',
  'changed<2026-11-03',
  'changed>=2026-11-03',
);
const { query: queries } = fc.letrec<{ query: string }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    texts,
    tie('query').map((part) => `-(${part})`),
    texts.map((part) => `-${part}`),
    fc.tuple(tie('query'), tie('query')).map(([a, b]) => `(${a} ${b})`),
    fc.tuple(tie('query'), tie('query')).map(([a, b]) => `(${a} OR ${b})`),
  ),
}));

async function found(query: Query, at: number): Promise<number[]> {
  const asked = { datasetId: DATASET, at: at > REVISIONS ? null : at };
  const lifetime =
    asked.at === null
      ? fragment`removed_in is null`
      : fragment`added_in <= ${at} and (removed_in is null or removed_in > ${at})`;
  const rows = await database.db.execute<{ id: number }>(
    fragment`select id::float8 as id from dataset_files where dataset_id = ${DATASET} and ${lifetime} and ${conditionOf(query, asked)} order by id`,
  );
  return rows.map(({ id }) => id);
}

test('images are found as a plain look at each of them finds them, at every revision', async () => {
  await fc.assert(
    fc.asyncProperty(queries, fc.integer({ min: 1, max: REVISIONS + 1 }), async (text, at) => {
      const query = parseQuery(text);
      if (!query) throw new Error(text);
      const then = Math.min(at, REVISIONS);
      const expected = images.filter((image) => isThere(image, then) && answer(query, image, then)).map(({ id }) => id);
      expect(await found(query, at)).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});

test('each field finds some and not all', async () => {
  const all = images.filter((image) => isThere(image, REVISIONS)).length;
  for (const text of [
    'area<1%',
    'area>=0.05',
    'duplicate:yes',
    'issue:any',
    'empty:yes',
    'changed:2026-11-02',
    'by:ada',
    'class:car>=2',
  ]) {
    const query = parseQuery(text);
    const { length } = query ? await found(query, REVISIONS) : [];
    expect({ text, isSome: length > 0 && length < all }).toEqual({ text, isSome: true });
  }
});

test('what nobody has written is a query, too', async () => {
  expect(await found({ kind: 'and', parts: [...term('split', undefined)] }, 1)).toHaveLength(
    images.filter((i) => isThere(i, 1)).length,
  );
});
