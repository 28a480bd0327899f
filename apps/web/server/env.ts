import { serviceSettings } from '@granary/core/services/settings';
import { mailSettings } from '@granary/core/site/mailer';
import { z } from 'zod';

const settings = z
  .object({
    HOST: z.string().min(1).default('127.0.0.1'),
    PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
    /** The address people use, when it can't be told from requests. */
    GRANARY_URL: z.url({ protocol: /^https?$/, error: 'is not a URL, such as https://granary.example.org' }).optional(),
    /** Whose X-Forwarded-* headers are believed: addresses, networks, or names of the proxy-addr package. */
    GRANARY_TRUST_PROXY: z.string().default('loopback'),
    /** Origins of apps that may show the page which lets people choose a dataset (/pick), separated by spaces. */
    GRANARY_EMBED_ORIGINS: z
      .string()
      .default('')
      .transform((list) => list.split(/\s+/).filter((origin) => origin !== ''))
      .pipe(
        z.array(z.url({ protocol: /^https?$/, error: 'is not a list of origins, such as https://train.example.org' })),
      ),
    NODE_ENV: z.enum(['development', 'production', 'test']).default('production'),
  })
  .and(serviceSettings)
  .and(mailSettings)
  .superRefine((env, context) => {
    if (!env.SMTP_URL || env.GRANARY_URL) return;
    // Whoever asks could write another host into the mail.
    context.addIssue({
      code: 'custom',
      path: ['GRANARY_URL'],
      message: 'is missing, while SMTP_URL is set: mails hold links',
    });
  });

export type Env = z.infer<typeof settings>;

/** The web process's settings; ends the process with a line per mistake. */
export function readEnv(): Env {
  const parsed = settings.safeParse(process.env);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) console.error(`${issue.path.join('.')} ${issue.message}`);
  process.exit(1);
}
