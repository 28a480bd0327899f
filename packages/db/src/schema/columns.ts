import { bigint, customType, timestamp } from 'drizzle-orm/pg-core';

/** A timestamp with time zone, in milliseconds, as a Date holds them: what is read compares equal to what is stored. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });

/** A byte count or row id: 64 bits in the database, exact as a JavaScript number up to 2^53. */
export const int64 = (name: string) => bigint(name, { mode: 'number' });

/**
 * A path inside a dataset. The collation "C" orders by the bytes of the UTF-8 text, which is the order of the
 * content hash and of object listings, whatever the database's own locale is.
 */
export const pathText = customType<{ data: string; driverData: string }>({ dataType: () => 'text collate "C"' });
