import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits, shown once. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/** The hash that is stored of a token, so that a leaked table opens nothing. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
