import type { DatasetView } from '@granary/client';
import type { LoaderFunctionArgs } from '@remix-run/node';
import { Form, Link, type MetaFunction, Outlet, useLoaderData, useLocation, useNavigate } from '@remix-run/react';
import { clsx } from 'clsx';
import { Download, GitFork } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { load } from '~/api.server';
import { useUndo } from '~/components/deletion-dialog';
import { JobPanel } from '~/components/job-panel';
import { Tabs } from '~/components/tabs';
import { Button, buttonStyle, fieldStyle, StatusBadge } from '~/components/ui';
import { isOfTexts, useFormat, useNames } from '~/format';
import { useRoot } from '~/use-root';
import { atVersion, useVersion } from '~/version';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  return load(request, context, async (api) => {
    const dataset = await api.datasets.get({ id });
    const versions = dataset.onlyVersion === null ? (await api.versions.list({ id, limit: 100 })).items : [];
    return { ...dataset, versions: versions.map(({ version, tags }) => ({ version, tags })) };
  });
}

export const meta: MetaFunction<typeof loader> = ({ data }) => [{ title: data ? `${data.name} · Granary` : 'Granary' }];

/** By the name of each in the catalogue, which is its address but for the first. */
const TABS = ['files', 'imports', 'history'] as const;
const OF_IMAGES = ['overview', 'images', 'duplicates'] as const;
const OF_TEXTS = ['overview', 'samples', 'statistics', 'tokenization'] as const;
const OF_BOTH = ['overview', 'samples', 'images', 'statistics', 'tokenization', 'duplicates'] as const;
/** What a link of one version shows, beside its files. */
const OF_A_LINK: ReadonlySet<string> = new Set(['overview', 'samples', 'images']);

export default function Dataset() {
  const t = useTranslations('dataset');
  const history = useTranslations('history');
  const dataset = useLoaderData<typeof loader>();
  const isAnonymous = useRoot()?.isAnonymous ?? false;
  const version = useVersion();
  const { onlyVersion } = dataset;
  const content = isOfTexts(dataset) ? OF_TEXTS : dataset.numSamples > 0 ? OF_BOTH : OF_IMAGES;
  const tabs =
    onlyVersion === null
      ? ([
          ...content,
          ...TABS,
          ...(isAnonymous ? [] : (['activity'] as const)),
          ...(dataset.actions.includes('audit') ? (['sharing', 'audit', 'maintenance'] as const) : []),
          ...(dataset.actions.includes('edit') ? (['settings'] as const) : []),
        ] as const)
      : ([...content.filter((tab) => OF_A_LINK.has(tab)), 'files'] as const);
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="min-w-0 text-2xl font-semibold tracking-tight break-words">{dataset.name}</h1>
        <StatusBadge status={dataset.status} />
        {dataset.versions.length > 0 ? <VersionSwitch id={dataset.id} versions={dataset.versions} /> : null}
        {onlyVersion === null && dataset.numFiles > 0 && dataset.deletedAt === null ? (
          <Link to={atVersion(`/datasets/${dataset.id}/exports`, version)} className={buttonStyle.secondary}>
            <Download className="size-4" aria-hidden /> {t('download')}
          </Link>
        ) : null}
        {onlyVersion === null && !isAnonymous && dataset.numFiles > 0 ? (
          <Link to={atVersion(`/datasets/${dataset.id}/fork`, version)} className={buttonStyle.secondary}>
            <GitFork className="size-4" aria-hidden /> {history('fork')}
          </Link>
        ) : null}
      </div>
      {dataset.deletedAt ? <InTrash dataset={dataset} deletedAt={dataset.deletedAt} /> : null}
      {dataset.tags.length > 0 ? (
        <ul aria-label={t('tags')} className="mt-2 flex flex-wrap gap-1.5">
          {dataset.tags.map((tag) => (
            <li key={tag}>
              <Link
                to={`/datasets?tags=${encodeURIComponent(tag)}`}
                className="rounded-full bg-raised px-2 py-0.5 text-xs text-soft hover:bg-hover"
              >
                {tag}
              </Link>
            </li>
          ))}
        </ul>
      ) : null}
      <Tabs label={t('dataset')} tabs={tabs.map((tab) => [pathOf(tab, version), t(tab)])} />
      {onlyVersion === null ? null : (
        <p role="status" className="mb-4 rounded-xl border border-note/40 bg-note/10 p-4 text-sm">
          {history('lookingOnly', { version: onlyVersion })}
        </p>
      )}
      {version === undefined || onlyVersion !== null ? null : (
        <OldVersion id={dataset.id} version={version} canEdit={dataset.actions.includes('edit')} />
      )}
      <Outlet />
    </>
  );
}

/** Tabs that show any version stay with the one that is shown. */
const OF_VERSIONS: ReadonlySet<string> = new Set(['images', 'files', 'samples']);

function pathOf(tab: string, version: string | undefined): string {
  if (OF_VERSIONS.has(tab)) return atVersion(tab, version);
  return tab === 'overview' ? '.' : tab;
}

/** Pages that show any version show another one; from the rest the way leads to the page of it. */
function VersionSwitch({ id, versions }: { id: string; versions: readonly { version: number; tags: string[] }[] }) {
  const t = useTranslations('history');
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const shown = useVersion() ?? /\/versions\/(v?\d+)$/.exec(pathname)?.[1] ?? 'draft';
  const isOther = shown !== 'draft' && !versions.some(({ version }) => `v${version}` === shown);
  const choose = (ref: string) => {
    const tab = pathname.split('/')[3] ?? '';
    if (OF_VERSIONS.has(tab)) navigate(atVersion(`/datasets/${id}/${tab}`, ref === 'draft' ? undefined : ref));
    else navigate(ref === 'draft' ? `/datasets/${id}` : `/datasets/${id}/versions/${ref}`);
  };
  return (
    <select
      aria-label={t('version')}
      value={shown}
      onChange={(event) => choose(event.currentTarget.value)}
      className={clsx(fieldStyle, 'max-w-52 py-1.5')}
    >
      <option value="draft">{t('draftNow')}</option>
      {isOther ? <option value={shown}>{shown}</option> : null}
      {versions.map(({ version, tags }) => (
        <option key={version} value={`v${version}`}>
          {[`v${version}`, ...tags].join(' · ')}
        </option>
      ))}
    </select>
  );
}

/** What is shown is not the draft, and stays as it is. */
function OldVersion({ id, version, canEdit }: { id: string; version: string; canEdit: boolean }) {
  const t = useTranslations('history');
  const { pathname } = useLocation();
  const isAnonymous = useRoot()?.isAnonymous ?? false;
  return (
    <div
      role="status"
      className="mb-4 flex flex-wrap items-center gap-3 rounded-xl border border-note/40 bg-note/10 p-4 text-sm"
    >
      <p className="min-w-0 flex-[1_1_16rem]">{t('looking', { version })}</p>
      <Link
        to={`/datasets/${id}/compare?${new URLSearchParams({ from: version, to: 'draft' })}`}
        className={buttonStyle.secondary}
      >
        {t('compare')}
      </Link>
      {canEdit ? (
        <Form method="post" action={`/datasets/${id}/history`}>
          <input type="hidden" name="to" value={version} />
          <Button type="submit" name="intent" value="rollback" variant="secondary" title={t('rollbackHint')}>
            {t('rollback')}
          </Button>
        </Form>
      ) : null}
      {isAnonymous ? null : (
        <Link to={atVersion(`/datasets/${id}/fork`, version)} className={buttonStyle.secondary}>
          {t('forkHere')}
        </Link>
      )}
      <Link to={pathname} className={buttonStyle.secondary}>
        {t('toDraft')}
      </Link>
    </div>
  );
}

/** What is in the trash says so on each of its pages, and how it comes out. */
function InTrash({ dataset, deletedAt }: { dataset: DatasetView; deletedAt: string }) {
  const t = useTranslations('deletion');
  const format = useFormat();
  const names = useNames();
  const restore = useUndo();
  const { id, name, purgeAfter, purgeJobId } = dataset;
  if (purgeJobId) {
    return (
      <div className="mt-4">
        <p className="mb-3 text-sm text-warn">{t('beingPurged')}</p>
        <JobPanel key={purgeJobId} jobId={purgeJobId} title={names.job('purge')} />
      </div>
    );
  }
  return (
    <div
      role="status"
      className="mt-4 flex flex-wrap items-center gap-3 rounded-xl border border-warn/40 bg-warn/10 p-4 text-sm"
    >
      <p className="min-w-0 flex-1">
        {t('inTrash', { at: format.instant(deletedAt) })}
        {purgeAfter ? ` ${t('purgedOn', { at: format.instant(purgeAfter) })}` : ''}
      </p>
      <Button variant="secondary" onClick={() => restore(id, name)}>
        {t('restore')}
      </Button>
    </div>
  );
}
