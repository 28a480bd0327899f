import type { RevisionView } from '@granary/client';
import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Form, Link, useActionData, useLoaderData, useRouteLoaderData } from '@remix-run/react';
import { GitCommitHorizontal, Tag } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { Ago } from '~/components/ago';
import { NextPage } from '~/components/next-page';
import { Button, buttonStyle, Card, EmptyState, Field, ServerError } from '~/components/ui';
import { id, intentOf, number, parseForm, text, words } from '~/form.server';
import { isOfTexts, useNames } from '~/format';
import type { loader as datasetLoader } from '~/routes/datasets.$id';
import { useRoot } from '~/use-root';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  const cursor = new URL(request.url).searchParams.get('cursor') ?? undefined;
  return load(request, context, async (api) => {
    const [page, versions, since] = await Promise.all([
      api.versions.revisions({ id, limit: 50, cursor }),
      api.versions.list({ id, limit: 100 }),
      api.versions.sinceLast({ id }),
    ]);
    return { page, tags: Object.fromEntries(versions.items.map(({ version, tags }) => [version, tags])), since };
  });
}

const form = z.discriminatedUnion('intent', [
  intentOf('undo', { revision: number }),
  intentOf('rollback', { to: id }),
  intentOf('version', { message: text, tags: words }),
]);

/** A version of the draft, or a job that changes it. */
export async function action({ request, context, params }: ActionFunctionArgs) {
  const asked = await parseForm(request, form);
  const id = params.id ?? '';
  if (asked.intent === 'version') {
    const { message, tags } = asked;
    return (await act(() => context.api.versions.create({ id, message, tags }))).error ?? redirect('.');
  }
  const { result, error } = await act(() =>
    asked.intent === 'undo'
      ? context.api.versions.undo({ id, revision: asked.revision })
      : context.api.versions.rollback({ id, to: asked.to }),
  );
  return error ?? redirect(`/datasets/${id}/imports/${result.importId}`);
}

export default function History() {
  const t = useTranslations('history');
  const { page, tags, since } = useLoaderData<typeof loader>();
  const dataset = useRouteLoaderData<typeof datasetLoader>('routes/datasets.$id');
  const error = useActionData<typeof action>();
  const canEdit = dataset?.actions.includes('edit') ?? false;
  if (page.items.length === 0) {
    return (
      <EmptyState icon={<GitCommitHorizontal className="size-6" aria-hidden />} title={t('none')}>
        {t('noneHint')}
      </EmptyState>
    );
  }
  const { version, revisions } = since;
  return (
    <div className="space-y-6">
      {error ? <ServerError error={error} /> : null}
      {canEdit && revisions > 0 ? (
        <Card
          title={
            <>
              {t('draft')} · {version === null ? t('unnamed', { revisions }) : t('since', { revisions, version })}
            </>
          }
        >
          <Form method="post" className="mt-3 flex flex-wrap items-start gap-3">
            <input type="hidden" name="intent" value="version" />
            <Field name="message" label={t('message')} />
            <Field name="tags" label={t('tags')} hint={t('tagsHint')} />
            <Button type="submit" className="mt-6">
              {t('name')}
            </Button>
            {version === null ? null : (
              <Link to={`../compare?from=v${version}&to=draft`} className={`${buttonStyle.secondary} mt-6`}>
                {t('whatChanged', { version })}
              </Link>
            )}
          </Form>
        </Card>
      ) : null}
      <ol className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
        {page.items.map((revision, i) => (
          <Revision
            key={revision.revision}
            revision={revision}
            tags={revision.version === null ? [] : (tags[revision.version] ?? [])}
            isNewest={i === 0}
            canEdit={canEdit}
            isOfRows={dataset ? isOfTexts(dataset) : false}
          />
        ))}
      </ol>
      {page.nextCursor === null ? null : <NextPage to={`?${new URLSearchParams({ cursor: page.nextCursor })}`} />}
    </div>
  );
}

interface RevisionProps {
  revision: RevisionView;
  tags: readonly string[];
  isNewest: boolean;
  canEdit: boolean;
  isOfRows: boolean;
}

function Revision({ revision: row, tags, isNewest, canEdit, isOfRows }: RevisionProps) {
  const t = useTranslations('history');
  const names = useNames();
  const isAnonymous = useRoot()?.isAnonymous ?? false;
  const ref = row.version === null ? `r${row.revision}` : `v${row.version}`;
  const title =
    row.undoes !== null
      ? t('undoes', { revision: row.undoes })
      : row.rollsBackTo !== null
        ? t('rollsBack', { ref: row.rollsBackTo })
        : names.job(row.kind);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3 text-sm">
      <div className="min-w-0 flex-[1_1_16rem]">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          {row.version === null ? null : (
            <Link
              to={`../versions/v${row.version}`}
              className="rounded-full bg-good/15 px-2 py-0.5 text-xs text-good hover:bg-good/25"
            >
              v{row.version}
            </Link>
          )}
          {tags.map((tag) => (
            <span key={tag} className="flex items-center gap-1 rounded-full bg-raised px-2 py-0.5 text-xs">
              <Tag className="size-3" aria-hidden /> {tag}
            </span>
          ))}
          {row.importId === null ? title : <Link to={`../imports/${row.importId}`}>{title}</Link>}
        </p>
        {row.message ? <p className="mt-0.5 break-words">{row.message}</p> : null}
        <p className="mt-0.5 text-dim">
          {[
            t('revision', { revision: row.revision }),
            t('files', row.counts.files),
            t('annotations', row.counts.annotations),
            ...(row.createdByName === null ? [] : [t('by', { name: row.createdByName })]),
          ]
            .map((part) => part.trim())
            .filter(Boolean)
            .join(' · ')}
          {' · '}
          <Ago at={row.createdAt} />
        </p>
      </div>
      {row.undoable ? (
        <Link to={`../${isOfRows ? 'samples' : 'images'}?version=${ref}`} className="text-dim hover:text-ink">
          {t('look')}
        </Link>
      ) : null}
      {row.undoable && !isAnonymous ? (
        <Link to={`../fork?version=${ref}`} className="text-dim hover:text-ink">
          {t('fork')}
        </Link>
      ) : null}
      {isNewest ? null : (
        <Link to={`../compare?from=${ref}&to=draft`} className="text-dim hover:text-ink">
          {t('compare')}
        </Link>
      )}
      {canEdit ? (
        <Form method="post" className="flex gap-2">
          <input type="hidden" name="revision" value={row.revision} />
          <input type="hidden" name="to" value={ref} />
          {row.undoable ? (
            <Button type="submit" name="intent" value="undo" variant="secondary" title={t('undoHint')}>
              {t('undo')}
            </Button>
          ) : (
            <span className="text-dim">{t('gone')}</span>
          )}
          {isNewest || !row.undoable ? null : (
            <Button type="submit" name="intent" value="rollback" variant="secondary" title={t('rollbackHint')}>
              {t('rollback')}
            </Button>
          )}
        </Form>
      ) : null}
    </li>
  );
}
