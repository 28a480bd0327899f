import { datasetFiles } from '@granary/db';
import { and, eq, inArray, isNull, ne, or, type SQL } from 'drizzle-orm';
import { conditionOf } from '../queries/condition.ts';
import { readQuery } from '../queries/input.ts';

/** What of a revision is asked for. */
export interface Part {
  datasetId: string;
  revision: number;
  splits: readonly string[] | null;
  q: string | null;
}

/** Which images are in a part, as a condition on rows of `dataset_files`. @throws AppError `invalid_input` */
export function isPartOfImages({ datasetId, revision, splits, q }: Part): SQL | undefined {
  const query = readQuery(q ?? undefined);
  return and(
    splits === null ? undefined : inArray(datasetFiles.split, [...splits]),
    query ? conditionOf(query, { datasetId, at: revision }) : undefined,
  );
}

/** Which files of the tree are in a part: its images, and what is no image and of no other split. */
export function isPartOfTree(part: Part): SQL | undefined {
  const { splits } = part;
  const ofSplit = splits === null ? undefined : inArray(datasetFiles.split, [...splits]);
  return or(
    and(eq(datasetFiles.kind, 'image'), isPartOfImages(part)),
    and(ne(datasetFiles.kind, 'image'), ofSplit && or(isNull(datasetFiles.split), ofSplit)),
  );
}
