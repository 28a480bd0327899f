import {
  annotationClasses,
  annotationProjects,
  annotations,
  datasetFiles,
  imageAnnotationStatus,
  imageEdits,
  LABELED_STATES,
} from '@granary/db';
import { type SQL, sql } from 'drizzle-orm';
import { escapeLike } from '../base/paging.ts';
import { type At, isAt } from '../revisions/at.ts';
import type { Comparison, Query, Term } from './query.ts';

/** Which images are asked: those of a dataset at a revision. */
export interface Asked {
  datasetId: string;
  at: At;
  /** Whether edits that are not published stand over the rows; only of the draft. */
  hasEdits?: boolean;
}

/** Images differ in at most so many bits of their perceptual hashes to be called duplicates. */
const ALIKE_BITS = 4;

/** These say nothing of an image that has no such thing, which `-` must not take for a no. */
const MAY_BE_NULL = new Set<Term['field']>(['split', 'width', 'height', 'issue', 'changed']);

/** A query as a condition on rows of `dataset_files`, which are for the caller to restrict to the dataset's images. */
export function conditionOf(query: Query, asked: Asked): SQL {
  switch (query.kind) {
    case 'term':
      return termSql(query, asked);
    case 'not': {
      const { part } = query;
      const condition = conditionOf(part, asked);
      // Where it can, PostgreSQL plans `not exists` as a join.
      const isKnown = part.kind === 'term' && !MAY_BE_NULL.has(part.field);
      return isKnown ? sql`not ${condition}` : sql`(${condition}) is not true`;
    }
    default: {
      const parts = query.parts.map((part) => conditionOf(part, asked));
      if (parts.length === 0) return query.kind === 'and' ? sql`true` : sql`false`;
      return sql`(${sql.join(parts, query.kind === 'and' ? sql` and ` : sql` or `)})`;
    }
  }
}

function termSql({ field, is, value, count }: Term, asked: Asked): SQL {
  const files = datasetFiles;
  switch (field) {
    case 'word':
      return sql`${files.path} ilike ${`%${escapeLike(String(value))}%`}`;
    case 'path':
      return sql`starts_with(${files.path}, ${value})`;
    case 'split':
      return value === 'none' ? sql`${files.split} is null` : sql`${files.split} = ${splitNamed(String(value))}`;
    case 'width':
      return compared(sql`${files.width}`, is, value);
    case 'height':
      return compared(sql`${files.height}`, is, value);
    case 'size':
      return compared(sql`${files.sizeBytes}`, is, value);
    case 'class':
      return ofClasses(String(value), count, asked);
    case 'type':
      return has(sql`a.type = ${value}`, asked);
    case 'by':
      return has(sql`a.created_by in (select u.id from users u where lower(u.name) = lower(${value}))`, asked);
    case 'model':
      return has(sql`a.attributes->>'model' = ${value}`, asked);
    case 'score':
      return has(compared(numberIn(sql`a.attributes->'score'`), is, value), asked);
    case 'area':
      return has(compared(sql`${BOX_AREA} / nullif(${files.width}::float8 * ${files.height}, 0)`, is, value), asked);
    case 'labeled':
      return yes(value, isIn(LABELED_STATES, asked));
    case 'empty':
      return yes(value, sql`(${isIn(LABELED_STATES, asked)} and not ${has(sql`true`, asked)})`);
    case 'state':
      return value === 'not_started' ? notStarted(asked) : isIn([String(value)], asked);
    case 'issue':
      return hasIssue(String(value), asked);
    case 'duplicate':
      return yes(value, isDuplicate(asked));
    case 'changed':
      return changed(is, String(value), asked);
  }
}

function ofClasses(name: string, count: Term['count'], asked: Asked): SQL {
  const what = ofClass(name, asked);
  const ofEdit = sql`(${what} or a.new_class = ${name})`;
  return count ? compared(counted(what, asked, ofEdit), count.is, count.value) : has(what, asked, ofEdit);
}

const yes = (value: string | number, condition: SQL): SQL => (value === 'yes' ? condition : sql`not ${condition}`);

const OPERATORS: Record<Comparison, SQL> = {
  ':': sql`=`,
  '=': sql`=`,
  '<': sql`<`,
  '<=': sql`<=`,
  '>': sql`>`,
  '>=': sql`>=`,
};
const compared = (left: SQL, is: Comparison, right: string | number): SQL => sql`${left} ${OPERATORS[is]} ${right}`;

/** As readers of formats call it. */
const splitNamed = (name: string): string => (/^(?:valid|validation)$/i.test(name) ? 'val' : name);

/** The lifetime of a row that goes by a short name in a subquery. */
const isThere = (row: string, { at }: Asked): SQL | undefined =>
  isAt({ addedIn: sql`${sql.identifier(row)}.added_in`, removedIn: sql`${sql.identifier(row)}.removed_in` }, at);

const ofImage = (asked: Asked): SQL =>
  sql`from ${annotations} a where a.file_id = ${datasetFiles.id} and ${isThere('a', asked)}`;
const has = (what: SQL, asked: Asked, ofEdit = what): SQL =>
  edited(asked, sql`exists (select 1 ${ofImage(asked)} and ${what})`, sql`exists (select 1 ${OF_EDIT} and ${ofEdit})`);
const counted = (what: SQL, asked: Asked, ofEdit: SQL): SQL =>
  edited(asked, sql`(select count(*) ${ofImage(asked)} and ${what})`, sql`(select count(*) ${OF_EDIT} and ${ofEdit})`);

/** The annotations of an image's edit, by the names that the rows' columns have. */
const OF_EDIT = sql`from (
  select (x->>'classId')::bigint as class_id, x->>'newClass' as new_class, x->>'type' as type, x->'geometry' as geometry,
    x->'attributes' as attributes, (x->>'createdBy')::uuid as created_by
  from ${imageEdits} e, jsonb_array_elements(e.annotations) x where e.file_id = ${datasetFiles.id}) a where true`;

/** One condition for images as the rows have them, and one for those with an edit, where there are any. */
function edited({ datasetId, hasEdits = false }: Asked, ofRows: SQL, ofEdit: SQL): SQL {
  if (!hasEdits) return ofRows;
  return sql`case when ${datasetFiles.id} in (select e.file_id from ${imageEdits} e where e.dataset_id = ${datasetId}
    and e.annotations is not null) then ${ofEdit} else ${ofRows} end`;
}

const ofClass = (name: string, asked: Asked): SQL =>
  sql`a.class_id = any(array(select c.id from ${annotationClasses} c where ${isThere('c', asked)} and c.name = ${name}
    and c.project_id in (select p.id from ${annotationProjects} p where p.dataset_id = ${asked.datasetId})))`;

const isIn = (states: readonly string[], asked: Asked): SQL => {
  const isOne = sql`state in (${sql.join(
    states.map((state) => sql`${state}`),
    sql`, `,
  )})`;
  return edited(
    asked,
    sql`exists (select 1 from ${imageAnnotationStatus} s where s.file_id = ${datasetFiles.id} and ${isThere('s', asked)} and s.${isOne})`,
    sql`exists (select 1 from ${imageEdits} e where e.file_id = ${datasetFiles.id} and e.${isOne})`,
  );
};
const notStarted = (asked: Asked): SQL =>
  edited(
    asked,
    sql`not exists (select 1 from ${imageAnnotationStatus} s
      where s.file_id = ${datasetFiles.id} and ${isThere('s', asked)} and s.state <> 'not_started')`,
    sql`exists (select 1 from ${imageEdits} e where e.file_id = ${datasetFiles.id} and e.state = 'not_started')`,
  );

const numberIn = (json: SQL): SQL => sql`case when jsonb_typeof(${json}) = 'number' then (${json})::float8 end`;

/** Square pixels of an annotation's bounding box: that it has, or that of its corners or outlines. */
const BOX_AREA = sql`case
  when jsonb_typeof(a.geometry->'box') = 'array' then (a.geometry->'box'->>2)::float8 * (a.geometry->'box'->>3)::float8
  when a.type in ('obb', 'polygon', 'keypoints') then (
    select (max(v) filter (where n % 2 = 1) - min(v) filter (where n % 2 = 1)) * (max(v) filter (where n % 2 = 0) - min(v) filter (where n % 2 = 0))
    from (
      select (c.v#>>'{}')::float8 as v, c.n from jsonb_path_query(a.geometry, '$.corners[*]') with ordinality c(v, n)
      union all
      select (o.v#>>'{}')::float8, o.n from jsonb_path_query(a.geometry, '$.polygons[*]') p, jsonb_path_query(p, '$[*]') with ordinality o(v, n)
    ) points)
  end`;

/** What makes the image unreadable, or what the last report names it as an example of; `any` stands for every code. */
function hasIssue(code: string, { datasetId }: Asked): SQL {
  const isAny = code === 'any';
  return sql`(${datasetFiles.problem} ${isAny ? sql`is not null` : sql`= ${code}`} or ${datasetFiles.path} in (
    select e->>'image' from (
      select i.report from imports i where i.dataset_id = ${datasetId} and i.state = 'completed'
      order by i.created_at desc limit 1) last,
      jsonb_path_query(last.report, '$.issues[*]') s, jsonb_path_query(s, '$.examples[*]') e
    where e->>'image' is not null and ${isAny ? sql`true` : sql`s->>'code' = ${code}`}))`;
}

/** Another image of the same dataset looks the same, or nearly so. */
const isDuplicate = (asked: Asked): SQL => sql`exists (select 1 from dataset_files o
  where o.dataset_id = ${asked.datasetId} and ${isThere('o', asked)} and o.phash is not null and o.id <> ${datasetFiles.id}
    and (o.phash = ${datasetFiles.phash} or o.phash in (
      select b from similar_hashes where dataset_id = ${asked.datasetId} and a = ${datasetFiles.phash} and distance <= ${ALIKE_BITS}
      union all
      select a from similar_hashes where dataset_id = ${asked.datasetId} and b = ${datasetFiles.phash} and distance <= ${ALIKE_BITS})))`;

/** When the image or its annotations last changed, in days of UTC. */
function changed(is: Comparison, day: string, asked: Asked): SQL {
  const { datasetId, at } = asked;
  const until = at === null ? sql`2147483647` : sql`${at}`;
  const published = sql`(select r.created_at from dataset_revisions r where r.dataset_id = ${datasetId} and r.revision = greatest(
    ${datasetFiles.addedIn}, (select max(greatest(a.added_in, case when a.removed_in <= ${until} then a.removed_in end))
      from ${annotations} a where a.file_id = ${datasetFiles.id} and a.added_in <= ${until})))`;
  const last = edited(
    asked,
    published,
    sql`(select e.edited_at from ${imageEdits} e where e.file_id = ${datasetFiles.id})`,
  );
  const begin = sql`(${day}::date)::timestamp at time zone 'UTC'`;
  const end = sql`(${day}::date + 1)::timestamp at time zone 'UTC'`;
  switch (is) {
    case '<':
      return sql`${last} < ${begin}`;
    case '<=':
      return sql`${last} < ${end}`;
    case '>':
      return sql`${last} >= ${end}`;
    case '>=':
      return sql`${last} >= ${begin}`;
    default:
      return sql`(${last} >= ${begin} and ${last} < ${end})`;
  }
}
