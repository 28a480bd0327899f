import type { ErrorBody, ShareLinkView } from '@granary/client';
import { useFetcher } from '@remix-run/react';
import { useRef } from 'react';
import { useTranslations } from 'use-intl';
import type { action } from '~/actions/share-links.server';
import { useFormat } from '~/format';
import { useServerTexts } from '~/server-texts';
import { useAnswer } from '~/use-answer';
import { Once } from './once';
import { Button, Card, Field, fieldStyle, ServerError } from './ui';

const DAYS = [7, 30, 90];

/** Links with which anyone looks at the dataset, without an account. */
export function ShareLinks({
  datasetId,
  links,
  versions,
}: {
  datasetId: string;
  links: readonly ShareLinkView[];
  versions: readonly number[];
}) {
  const t = useTranslations();
  const texts = useServerTexts();
  const fetcher = useFetcher<typeof action>();
  const form = useRef<HTMLFormElement>(null);
  const { error, url } = fetcher.data ?? {};
  useAnswer(fetcher, (answer) => {
    if (answer.url) form.current?.reset();
  });
  return (
    <Card title={t('sharing.links')}>
      <p className="-mt-2 mb-4 text-sm text-dim">{t('sharing.linksIntro')}</p>
      <fetcher.Form
        ref={form}
        method="post"
        action={`/datasets/${datasetId}/links`}
        className="flex flex-wrap items-end gap-2"
      >
        <input type="hidden" name="intent" value="make" />
        <div className="min-w-40 flex-1">
          <Field label={t('sharing.linkName')} name="name" maxLength={100} />
        </div>
        <div className="min-w-40 flex-1">
          <Field
            label={t('sharing.linkPassword')}
            name="password"
            type="password"
            autoComplete="new-password"
            error={texts.field(error?.issues, 'password')}
          />
        </div>
        {versions.length > 0 ? (
          <label className="text-sm">
            <span className="mb-1.5 block font-medium text-soft">{t('history.linkVersion')}</span>
            <select name="version" className={fieldStyle}>
              <option value="">{t('history.linkDraft')}</option>
              {versions.map((version) => (
                <option key={version} value={`v${version}`}>
                  {t('history.linkOnly', { version })}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        <label className="text-sm">
          <span className="mb-1.5 block font-medium text-soft">{t('sharing.linkDays')}</span>
          <select name="days" defaultValue="30" className={fieldStyle}>
            {DAYS.map((count) => (
              <option key={count} value={count}>
                {t('keys.days', { count })}
              </option>
            ))}
            <option value="0">{t('keys.never')}</option>
          </select>
        </label>
        <Button type="submit" disabled={fetcher.state !== 'idle'}>
          {t('sharing.makeLink')}
        </Button>
      </fetcher.Form>
      <div className="mt-3 space-y-3">
        {error && !error.issues ? <ServerError error={error} /> : null}
        {url ? (
          <Once text={url} label={t('me.copyLink')}>
            {t('sharing.linkMade')}. {t('me.once')}
          </Once>
        ) : null}
        {links.length === 0 ? <p className="text-sm text-dim">{t('sharing.noLinks')}</p> : null}
      </div>
      <ul className="divide-y divide-line text-sm">
        {links.map((link) => (
          <Item key={link.id} link={link} />
        ))}
      </ul>
    </Card>
  );
}

function Item({ link }: { link: ShareLinkView }) {
  const t = useTranslations('sharing');
  const keys = useTranslations('keys');
  const format = useFormat();
  const fetcher = useFetcher<{ error: ErrorBody | null }>();
  const { id, datasetId, name, version, hasPassword, expiresAt, numOpened } = link;
  const isOver = expiresAt !== null && Date.parse(expiresAt) < Date.now();
  return (
    <li className="flex flex-wrap items-center gap-4 py-3">
      <div className="min-w-40 flex-1">
        <p className="font-medium break-words">{name || t('unnamed')}</p>
        <p className="text-xs text-dim" suppressHydrationWarning>
          {[
            ...(version === null ? [] : [`v${version}`]),
            t('opened', { count: numOpened }),
            ...(hasPassword ? [t('withPassword')] : []),
            ...(isOver ? [t('ended')] : expiresAt ? [keys('ends', { at: format.instant(expiresAt) })] : []),
          ].join(' · ')}
        </p>
      </div>
      <fetcher.Form method="post" action={`/datasets/${datasetId}/links`}>
        <input type="hidden" name="intent" value="revoke" />
        <input type="hidden" name="linkId" value={id} />
        <Button type="submit" variant="secondary" disabled={fetcher.state !== 'idle'}>
          {t('revokeLink')}
        </Button>
      </fetcher.Form>
      {fetcher.data?.error ? <ServerError error={fetcher.data.error} /> : null}
    </li>
  );
}
