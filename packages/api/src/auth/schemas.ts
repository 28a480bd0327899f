import { z } from 'zod';

export const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email({ error: 'is not an e-mail address' }));

export const newPassword = z
  .string()
  .min(10, { error: 'needs 10 characters or more' })
  .max(200, { error: 'has at most 200 characters' });

export const registerInput = z.object({
  email,
  password: newPassword,
  name: z.string().trim().min(1, { error: 'is missing' }).max(100),
});

export const loginInput = z.object({ email, password: z.string().min(1, { error: 'is missing' }).max(200) });

export const account = z.object({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  isAdmin: z.boolean(),
});
