import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits, to be given away once. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/** What is kept of a token: whoever reads the table cannot use it. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
