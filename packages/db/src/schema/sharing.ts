import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { datasets } from './datasets.ts';
import { organizations } from './organizations.ts';
import { users } from './users.ts';

/**
 * An invitation by e-mail, to an organization, to one dataset, or to the site only; the token is stored as a hash and
 * works once.
 */
export const invitations = pgTable(
  'invitations',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    email: text('email').notNull(),
    organizationId: uuid('organization_id').references(() => organizations.id, { onDelete: 'cascade' }),
    datasetId: text('dataset_id').references(() => datasets.id, { onDelete: 'cascade' }),
    role: text('role').notNull(),
    tokenHash: text('token_hash').notNull(),
    invitedBy: uuid('invited_by').references(() => users.id, { onDelete: 'set null' }),
    expiresAt: instant('expires_at').notNull(),
    acceptedAt: instant('accepted_at'),
    acceptedBy: uuid('accepted_by').references(() => users.id, { onDelete: 'set null' }),
    revokedAt: instant('revoked_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex('invitations_token_hash_key').on(t.tokenHash),
    index('invitations_organization_id_idx').on(t.organizationId),
    index('invitations_dataset_id_idx').on(t.datasetId),
    index('invitations_email_idx').on(t.email),
    check('invitations_target_check', sql`(${t.organizationId} is null) or (${t.datasetId} is null)`),
  ],
);

/** An offer of a dataset to a person or an organization, who can accept it. */
export const datasetTransfers = pgTable(
  'dataset_transfers',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id, { onDelete: 'cascade' }),
    toUserId: uuid('to_user_id').references(() => users.id, { onDelete: 'cascade' }),
    toOrganizationId: uuid('to_organization_id').references(() => organizations.id, { onDelete: 'cascade' }),
    offeredBy: uuid('offered_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** When it was accepted, declined or withdrawn. */
    endedAt: instant('ended_at'),
    outcome: text('outcome').$type<'accepted' | 'declined' | 'withdrawn'>(),
  },
  (t) => [
    uniqueIndex('dataset_transfers_open_key').on(t.datasetId).where(sql`${t.endedAt} is null`),
    index('dataset_transfers_to_user_id_idx').on(t.toUserId).where(sql`${t.endedAt} is null`),
    index('dataset_transfers_to_organization_id_idx').on(t.toOrganizationId).where(sql`${t.endedAt} is null`),
    check('dataset_transfers_target_check', sql`(${t.toUserId} is null) <> (${t.toOrganizationId} is null)`),
  ],
);

/** A link that shows one dataset, or one version of it, to whoever has it, without an account; the token is stored as a hash. */
export const shareLinks = pgTable(
  'share_links',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id, { onDelete: 'cascade' }),
    name: text('name').notNull().default(''),
    tokenHash: text('token_hash').notNull(),
    /** The version that it shows; null for the dataset as it is at any time. */
    version: integer('version'),
    /** Argon2id; null for a link that asks for none. */
    passwordHash: text('password_hash'),
    expiresAt: instant('expires_at'),
    revokedAt: instant('revoked_at'),
    numOpened: integer('num_opened').notNull().default(0),
    lastOpenedAt: instant('last_opened_at'),
    createdBy: uuid('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex('share_links_token_hash_key').on(t.tokenHash),
    index('share_links_dataset_id_idx').on(t.datasetId),
  ],
);
