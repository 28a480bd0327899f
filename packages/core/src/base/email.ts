import { z } from 'zod';

/** An e-mail address as accounts have it: in lower case. */
export const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email({ error: 'is not an e-mail address' }));
