import { type SQL, sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { datasets } from './datasets.ts';

const hash64 = (name: string) => bigint(name, { mode: 'bigint' }).notNull();

/** Sixteen bits of the hash: whoever differs from it in at most 7 of 64 has one of four such bands with at most one other bit. */
const band = (number: 0 | 1 | 2 | 3) =>
  integer(`band${number}`)
    .notNull()
    .generatedAlwaysAs((): SQL => sql.raw(`((hash >> ${number * 16}) & 65535)::int`));

/** A perceptual hash that some image of the dataset has; see docs/decisions/013-near-duplicates.md. */
export const imageHashes = pgTable(
  'image_hashes',
  {
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    hash: hash64('hash'),
    band0: band(0),
    band1: band(1),
    band2: band(2),
    band3: band(3),
    /** Whether its neighbours have been looked up. */
    isLinked: boolean('is_linked').notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.datasetId, t.hash] }),
    index('image_hashes_band0_idx').on(t.datasetId, t.band0),
    index('image_hashes_band1_idx').on(t.datasetId, t.band1),
    index('image_hashes_band2_idx').on(t.datasetId, t.band2),
    index('image_hashes_band3_idx').on(t.datasetId, t.band3),
    index('image_hashes_unlinked_idx').on(t.datasetId, t.hash).where(sql`not ${t.isLinked}`),
  ],
);

/** Two hashes that differ in few bits; `a` is the smaller. */
export const similarHashes = pgTable(
  'similar_hashes',
  {
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    a: hash64('a'),
    b: hash64('b'),
    /** Bits in which they differ, 1 to 7. */
    distance: smallint('distance').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.datasetId, t.a, t.b] }),
    index('similar_hashes_distance_idx').on(t.datasetId, t.distance, t.a, t.b),
  ],
);

/** A group of images that look alike, at one threshold; groups are rebuilt when the images of the dataset change. */
export const duplicateGroups = pgTable(
  'duplicate_groups',
  {
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    /** Neighbours in the group differ in at most so many bits. */
    threshold: smallint('threshold').notNull(),
    /** From 1: groups over several splits first, then the larger ones. */
    position: integer('position').notNull(),
    numImages: integer('num_images').notNull(),
    splits: text('splits').array().notNull(),
    hashes: bigint('hashes', { mode: 'bigint' }).array().notNull(),
  },
  (t) => [primaryKey({ columns: [t.datasetId, t.threshold, t.position] })],
);
