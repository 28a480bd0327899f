import type { Archive, Entry } from '@granary/archives';
import { JobFailure } from '@granary/core/errors/failures';
import type { ImportOptions } from '@granary/core/imports/options';
import {
  cleanEntryName,
  decodeText,
  findingOf,
  type IssueCode,
  isArchivePath,
  isImagePath,
  kindOf,
  mimeOf,
  renumberLabels,
  stemOf,
  tableKindOf,
} from '@granary/formats';
import { KeyConflictError, keys, type ObjectStore } from '@granary/storage';
import pLimit from 'p-limit';
import { withFileIds } from '../file-ids.ts';
import type { JobRun } from '../runner.ts';
import { copyRows, type DatasetSession } from '../session.ts';
import { type Numbering, namesClasses } from './class-map.ts';
import { type Received, receiveLarge, receiveSmall } from './entry.ts';

/** Entries that are written together: then their rows, in one transaction with the point to resume at. */
const BATCH_ENTRIES = 256;
const BATCH_BYTES = 48 * 1024 * 1024;
const PARALLEL_WRITES = 16;
export interface Receiving {
  session: DatasetSession;
  store: ObjectStore;
  run: JobRun;
  importId: string;
  datasetId: string;
  options: ImportOptions;
  /** How to rewrite class numbers in labels; null when they stay. */
  numbering: Numbering | null;
  /** Adopted content is already in its place, and stays there until the import is committed. */
  isAdopting: boolean;
  /** Adopted content is already where it belongs and was not written by this import, so it is only read. */
  isInPlace: boolean;
}

/** An entry that goes in. */
interface Accepted {
  entry: Entry;
  path: string;
  /** The id of its row, from the sequence of `dataset_files`. */
  id: number;
  /** The content that the dataset has at this path now. */
  existingSha256: string | null;
  storageKey: string;
  isInPlace: boolean;
}

interface Finding {
  entry: number;
  code: IssueCode;
  path: string;
  detail: string;
}

type StagedFile = Omit<Accepted, 'entry' | 'existingSha256' | 'isInPlace'> & Received;

/**
 * Writes an upload's entries into the store, batch by batch. Each batch's objects are journaled before they are
 * written, and its rows and findings are committed with the point to resume at: a killed import goes on after the last
 * whole batch, and a failed one knows exactly what is its own.
 */
export async function receiveUpload(context: Receiving, archive: Archive, upload: number, from: number): Promise<void> {
  let batch: Entry[] = [];
  let bytes = 0;
  let next = from;
  const flush = async () => {
    if (next > from) await receiveBatch(context, batch, upload, next);
    batch = [];
    bytes = 0;
    from = next;
  };
  for await (const entry of archive.entries(from)) {
    context.run.signal.throwIfAborted();
    if (entry.open) {
      await flush();
      next = entry.index + 1;
      await receiveBatch(context, [entry], upload, next);
      from = next;
      continue;
    }
    batch.push(entry);
    bytes += entry.sizeBytes;
    next = entry.index + 1;
    if (batch.length >= BATCH_ENTRIES || bytes >= BATCH_BYTES) await flush();
  }
  await flush();
}

async function receiveBatch(
  context: Receiving,
  entries: readonly Entry[],
  upload: number,
  next: number,
): Promise<void> {
  const { session, importId, run } = context;
  const { accepted, findings } = await admit(context, entries);
  await session.sql`insert into import_objects (import_id, key)
    select ${importId}, key from unnest(${accepted.filter((file) => !file.isInPlace).map((file) => file.storageKey)}::text[]) as key on conflict do nothing`;
  const limit = pLimit(PARALLEL_WRITES);
  const results = await Promise.allSettled(accepted.map((file) => limit(() => receiveFile(context, file))));
  const staged: StagedFile[] = [];
  for (const [i, result] of results.entries()) {
    const file = accepted[i];
    if (!file) continue;
    if (result.status === 'rejected') {
      if (!(result.reason instanceof KeyConflictError)) throw result.reason;
      findings.push({
        entry: file.entry.index,
        code: 'path_conflict',
        path: file.path,
        detail: 'a file and a folder of this name',
      });
    } else if (result.value) {
      staged.push(result.value);
      const finding = result.value.probe && findingOf(result.value.probe);
      if (finding) findings.push({ entry: file.entry.index, path: file.path, ...finding });
    }
  }
  if (context.options.onConflict === 'keep_both') await renameTaken(context, staged, accepted);
  await session.sql.begin(async (tx) => {
    await run.assertCurrent(tx);
    await copyRows(
      tx,
      'import_files',
      STAGED_COLUMNS,
      staged.map((file) => stagedRow(importId, file)),
    );
    await tx`insert into import_issues (import_id, upload, entry, code, path, detail)
      select ${importId}, ${upload}, * from unnest(${findings.map((f) => f.entry)}::int[], ${findings.map((f) => f.code)}::text[],
        ${findings.map((f) => f.path)}::text[], ${findings.map((f) => f.detail)}::text[]) on conflict do nothing`;
    await tx`update imports set resume_at = ${tx.json({ upload, entry: next })} where id = ${importId}`;
  });
}

/** Decides by names alone, and by what the dataset has, which entries go in, and where to. */
async function admit(
  { session, importId, datasetId, options, numbering, isAdopting, ...receiving }: Receiving,
  entries: readonly Entry[],
): Promise<{ accepted: Accepted[]; findings: Finding[] }> {
  const findings: Finding[] = [];
  const wanted = new Map<string, Entry>();
  for (const entry of entries) {
    if (entry.type === 'directory') continue;
    const refuse = (code: IssueCode, detail: string, path = printable(entry.name)) =>
      findings.push({ entry: entry.index, code, path, detail });
    const cleaned = cleanEntryName(entry.name);
    if ('refused' in cleaned) {
      const isKept = cleaned.refused === 'reserved_name' && !isAdopting && (await isOfOthers(entry));
      refuse(cleaned.refused, isKept ? `kept as ${KEPT_META}` : cleaned.reason);
      if (isKept && !wanted.has(KEPT_META)) wanted.set(KEPT_META, entry);
    } else if (entry.type !== 'file') refuse('not_a_file', entry.type.special);
    else if (wanted.has(cleaned.path)) refuse('duplicate_entry', 'again in the same upload', cleaned.path);
    else if (options.labelsOnly && isImagePath(cleaned.path)) refuse('not_a_label', 'an image', cleaned.path);
    else if (numbering && namesClasses(cleaned.path))
      refuse('kept_existing', 'the classes are those of the dataset', cleaned.path);
    else wanted.set(cleaned.path, entry);
  }
  const paths = [...wanted.keys()];
  const known = await session.sql<{ path: string; sha256: string | null; is_staged: boolean }[]>`
    select path, sha256, false as is_staged from dataset_files
      where dataset_id = ${datasetId} and removed_in is null and path = any(${paths})
    union all select path, null, true from import_files where import_id = ${importId} and path = any(${paths})`;
  const existing = new Map<string, string>();
  for (const { path, sha256, is_staged } of known) {
    if (sha256 !== null) existing.set(path, sha256);
    const entry = wanted.get(path);
    if (!entry) continue;
    if (is_staged)
      findings.push({ entry: entry.index, code: 'duplicate_entry', path, detail: 'again in the same import' });
    else if (options.onConflict === 'skip')
      findings.push({ entry: entry.index, code: 'kept_existing', path, detail: 'in the dataset already' });
    if (is_staged || options.onConflict === 'skip') wanted.delete(path);
  }
  for (const path of await findConflicts(session, importId, datasetId, [...wanted.keys()])) {
    const entry = wanted.get(path);
    if (entry)
      findings.push({ entry: entry.index, code: 'path_conflict', path, detail: 'a file and a folder of this name' });
    wanted.delete(path);
  }
  const withIds = await withFileIds(session.sql, [...wanted]);
  const accepted = withIds.map(([id, [path, entry]]): Accepted => {
    const existingSha256 = existing.get(path) ?? null;
    const isFree = existingSha256 === null && !isAdopting;
    // Content under a name that had to be cleaned is not where its path says.
    const isInPlace = receiving.isInPlace && entry.name === path;
    const storageKey = isFree || isInPlace ? keys.file(datasetId, path) : keys.incoming(importId, id);
    if (isArchivePath(path) && tableKindOf(path) === null)
      findings.push({
        entry: entry.index,
        code: 'nested_archive',
        path,
        detail: 'unpack it, and upload what is in it',
      });
    return { entry, path, id, existingSha256, storageKey, isInPlace };
  });
  return { accepted, findings };
}

/** What a `meta.json` that somebody else wrote is called here. */
const KEPT_META = 'meta.own.json';

/** Whether a `meta.json` is not one of Granary's own, which says the hash of the content. */
async function isOfOthers({ type, load }: Entry): Promise<boolean> {
  if (type !== 'file' || !load) return false;
  const text = decodeText(await load());
  return text === null || !/"content_hash"\s*:/.test(text);
}

/** Those of the paths that would be a folder where there is a file, or the other way round: no disk could hold the tree. */
async function findConflicts(
  { sql }: DatasetSession,
  importId: string,
  datasetId: string,
  paths: readonly string[],
): Promise<Set<string>> {
  const conflicts = new Set<string>();
  const files = new Set(paths);
  const foldersOf = (path: string) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));
  for (const path of paths) if (foldersOf(path).some((folder) => files.has(folder))) conflicts.add(path);
  const rows = await sql<{ path: string }[]>`
    select p.path from unnest(${[...paths]}::text[]) p(path)
    where exists (
      select 1 from import_files s where s.import_id = ${importId}
        and s.path > (p.path || '/') collate "C" and s.path < (p.path || '0') collate "C"
    ) or exists (
      select 1 from dataset_files f where f.dataset_id = ${datasetId} and f.removed_in is null
        and f.path > (p.path || '/') collate "C" and f.path < (p.path || '0') collate "C"
    )`;
  for (const { path } of rows) conflicts.add(path);
  const folders = [...new Set(paths.flatMap(foldersOf))];
  const taken = await sql<{ path: string }[]>`
    select path from dataset_files where dataset_id = ${datasetId} and removed_in is null and path = any(${folders})
    union all select path from import_files where import_id = ${importId} and path = any(${folders})`;
  const takenFolders = new Set(taken.map((row) => row.path));
  for (const path of paths) if (foldersOf(path).some((folder) => takenFolders.has(folder))) conflicts.add(path);
  return conflicts;
}

/** Gives files whose path is taken one that is free: `a.jpg` becomes `a (2).jpg`. */
async function renameTaken(
  { session: { sql }, importId, datasetId }: Receiving,
  staged: StagedFile[],
  accepted: readonly Accepted[],
): Promise<void> {
  const taken = new Set(accepted.map(({ path }) => path));
  const hasOther = new Set(accepted.filter(({ existingSha256 }) => existingSha256 !== null).map(({ path }) => path));
  for (const file of staged) {
    if (!hasOther.has(file.path)) continue;
    const stem = stemOf(file.path);
    const ending = file.path.slice(stem.length);
    for (let from = 2; ; from += RENAMES_AT_ONCE) {
      const names = Array.from({ length: RENAMES_AT_ONCE }, (_, i) => `${stem} (${from + i})${ending}`);
      const rows = await sql<{ path: string }[]>`
        select path from dataset_files where dataset_id = ${datasetId} and removed_in is null and path = any(${names})
        union all select path from import_files where import_id = ${importId} and path = any(${names})`;
      for (const { path } of rows) taken.add(path);
      const free = names.find((name) => !taken.has(name));
      if (free === undefined) continue;
      taken.add(free);
      file.path = free;
      break;
    }
  }
}

const RENAMES_AT_ONCE = 50;

/** Writes one file; null when the dataset has the very same content at its path. */
async function receiveFile(context: Receiving, file: Accepted): Promise<StagedFile | null> {
  const { store, options, run, numbering } = context;
  const contentType = mimeOf(file.path);
  const received = file.entry.load
    ? await receiveSmall(store, file, renumbered(file.path, await file.entry.load(), numbering), contentType)
    : await receiveLarge(store, file, contentType, run.signal);
  if (file.existingSha256 !== null) {
    const isSame = file.existingSha256 === received.sha256;
    // Where all labels go that do not come, one that comes again has to be there.
    if (isSame && !(options.labelsOnly && options.replaceAll)) {
      await store.delete([file.storageKey]);
      return null;
    }
    if (options.onConflict === 'fail') {
      throw new JobFailure(
        'path_taken',
        `The dataset already has a different file at ${file.path}, and you asked the import to fail then. Choose "replace" or "skip", or remove the file first.`,
      );
    }
  }
  const { id, path, storageKey } = file;
  return { id, path, storageKey, ...received };
}

function renumbered(path: string, bytes: Buffer, numbering: Numbering | null): Buffer {
  const text = numbering && /\.txt$/i.test(path) ? decodeText(bytes) : null;
  return numbering && text !== null ? Buffer.from(renumberLabels(text, numbering.ids)) : bytes;
}

const STAGED_COLUMNS = [
  'import_id',
  'id',
  'path',
  'size',
  'sha256',
  'mime',
  'kind',
  'width',
  'height',
  'problem',
  'storage_key',
  'content',
];

function stagedRow(importId: string, file: StagedFile) {
  return [
    importId,
    file.id,
    file.path,
    file.sizeBytes,
    file.sha256,
    mimeOf(file.path),
    kindOf(file.path),
    file.probe?.width ?? null,
    file.probe?.height ?? null,
    file.probe?.problem?.detail ?? null,
    file.storageKey,
    file.content,
  ];
}

/** A hostile name, made safe to show in a report. */
function printable(name: string): string {
  return name.slice(0, 1000).replace(/\p{C}/gu, '\ufffd');
}
