import { listenSettings, readEnvironment, refuseToStart } from '@granary/core/services/environment';
import { serviceSettings } from '@granary/core/services/settings';
import { mailSettings } from '@granary/core/site/mailer';
import { z } from 'zod';

/** What the web process is told by its environment. */
export const webSettings = z
  .object({
    GRANARY_URL: z
      .url({ protocol: /^https?$/, error: 'is not a URL, such as https://granary.example.org' })
      .optional()
      .meta({
        description:
          'The address people use, such as `https://granary.example.org`. Set it when a proxy hides the address, and when mail is sent.',
        unset: 'taken from each request',
      }),
    GRANARY_TRUST_PROXY: z.string().default('loopback').meta({
      description:
        'Which proxies to believe when they send `X-Forwarded-*` headers: addresses or networks, separated by commas, or a name of the [proxy-addr](https://www.npmjs.com/package/proxy-addr) package.',
    }),
    GRANARY_EMBED_ORIGINS: z
      .string()
      .default('')
      .transform((list) => list.split(/\s+/).filter((origin) => origin !== ''))
      .pipe(
        z.array(z.url({ protocol: /^https?$/, error: 'is not a list of origins, such as https://train.example.org' })),
      )
      .meta({
        description:
          'Origins of apps that may embed the page for choosing a dataset ([`/pick`](api.md#choosing-a-dataset-in-another-app)), separated by spaces.',
        unset: 'no app',
      }),
    GRANARY_UPLOAD_ORIGINS: z
      .string()
      .default('')
      .transform((list) => list.split(/\s+/).filter((origin) => origin !== ''))
      .pipe(
        z.array(
          z
            .url({ protocol: /^https?$/, error: 'is not a list of origins, such as https://label.example.org' })
            .transform((url) => new URL(url).origin),
        ),
      )
      .meta({
        description:
          'Origins of other sites whose pages may upload to `/uploads` from a browser, with an API key of the person, separated by spaces.',
        unset: 'no site',
      }),
    GRANARY_METRICS_TOKEN: z.string().min(16, { error: 'is too short: use 16 characters or more' }).optional().meta({
      description: 'Who sends this as `Authorization: Bearer …` can read `/metrics`.',
      unset: 'only programs on this machine that ask directly, not by a proxy',
    }),
    NODE_ENV: z.enum(['development', 'production', 'test']).default('production').meta({
      description: 'How pages are built and served. `npm start` and `npm run dev` set it; leave it alone.',
    }),
  })
  .and(listenSettings)
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

export type Env = z.infer<typeof webSettings>;

/** The web process's settings; ends the process with a line per mistake. */
export const readEnv = (): Env => readEnvironment(webSettings, refuseToStart);
