import { IMPORTS_OF_KIND } from '@granary/core/imports/kinds';
import type { ImportKind } from '@granary/db';
import type postgres from 'postgres';

type Tx = postgres.TransactionSql;

/** The number of the revision that this transaction makes; nobody else makes one meanwhile. Null for what is in the trash. */
export async function openRevision(tx: Tx, datasetId: string): Promise<number | null> {
  const [dataset] = await tx<{ revision: number }[]>`
    select revision from datasets where id = ${datasetId} and deleted_at is null for no key update`;
  return dataset ? dataset.revision + 1 : null;
}

interface Made {
  datasetId: string;
  revision: number;
  /** Null for what came by no import. */
  importId: string | null;
  kind: ImportKind;
  createdBy: string | null;
}

/** Puts a revision on record: what it did, by the rows that it opened and closed, and what the dataset says of itself now. */
export async function closeRevision(tx: Tx, { datasetId, revision, importId, kind, createdBy }: Made): Promise<void> {
  const ofProject = tx`project_id in (select id from annotation_projects where dataset_id = ${datasetId})`;
  const counted = (table: string, key: string, scope: postgres.PendingQuery<postgres.Row[]>) => tx`(
    select jsonb_build_object('added', count(*) filter (where o.key is null), 'removed', count(*) filter (where n.key is null),
      'changed', count(*) filter (where n.key is not null and o.key is not null))
    from (select ${tx(key)} as key from ${tx(table)} where ${scope} and added_in = ${revision}) n
    full join (select ${tx(key)} as key from ${tx(table)} where ${scope} and removed_in = ${revision}) o using (key))`;
  await tx`insert into dataset_revisions (dataset_id, revision, kind, import_id, created_by, counts, content_hash, state)
    select id, ${revision}, ${kind}, ${importId}, ${createdBy},
      jsonb_build_object('files', ${counted('dataset_files', 'path', tx`dataset_id = ${datasetId}`)},
        'annotations', ${counted('annotations', 'id', ofProject)}, 'classes', ${counted('annotation_classes', 'id', ofProject)}),
      content_hash, ${stateOf(tx)}
    from datasets where id = ${datasetId}`;
  await tx`update datasets set revision = ${revision} where id = ${datasetId}`;
  await tx`insert into audit_log (dataset_id, action, performed_by, details)
    select ${datasetId}, ${IMPORTS_OF_KIND[kind].done}, ${createdBy},
      jsonb_build_object('importId', id, 'revision', ${revision}::int, 'counts', counts, 'repairs', options->'repairs', 'remove', options->'remove',
        'undo', options->'undo'->'revision', 'rollback', options->'rollback'->'ref')
    from imports where id = ${importId}`;
}

/** A `DatasetState` of a row of `datasets`. */
export const stateOf = (tx: postgres.ISql) => tx`jsonb_build_object(
  'format', format, 'taskType', task_type, 'numFiles', num_files, 'numImages', num_images, 'numAnnotations', num_annotations,
  'numClasses', num_classes, 'numSamples', num_samples, 'sizeBytes', size_bytes, 'classNames', to_jsonb(class_names), 'splits', splits,
  'labeled', labeled, 'statistics', statistics, 'reading', jsonb_build_object('repairs', coalesce(config->'repairs', '[]'),
    'classMap', coalesce(config->'classMap', '{}'), 'overrides', coalesce(config->'overrides', '[]'), 'csv', config->'csv'))`;
