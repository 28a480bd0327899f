import type { FilePreview } from '@granary/client';
import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { Link, useActionData, useLoaderData, useRouteLoaderData, useSearchParams, useSubmit } from '@remix-run/react';
import { Download, File, FileImage, FileJson, FileText, Folder, FolderOpen, Trash2 } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { act, load } from '~/api.server';
import { Confirm } from '~/components/confirm';
import { CopyButton } from '~/components/copy-button';
import { thumbnailUrl } from '~/components/image-tile';
import { Scrolling } from '~/components/scrolling';
import { buttonStyle, Card, EmptyState, ServerError } from '~/components/ui';
import { many, parseForm } from '~/form.server';
import { useFormat } from '~/format';
import type { loader as datasetLoader } from '~/routes/datasets.$id';
import { atVersion, useVersion, versionIn } from '~/version';

export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  const query = new URL(request.url).searchParams;
  const path = query.get('preview');
  return load(request, context, async (api) => {
    const [page, preview] = await Promise.all([
      api.files.list({
        id,
        version: versionIn(query),
        prefix: query.get('folder') ?? '',
        delimiter: '/',
        limit: 100,
        cursor: query.get('cursor') ?? undefined,
      }),
      path ? api.files.preview({ id, path, version: versionIn(query) }) : null,
    ]);
    return { id, ...page, preview };
  });
}

const form = z.object({ path: many, folder: many });

/** Takes a file or a folder out of the draft: a job, whose report follows. */
export async function action({ request, context, params }: ActionFunctionArgs) {
  const { path: paths, folder: folders } = await parseForm(request, form);
  const id = params.id ?? '';
  const { result, error } = await act(() => context.api.imports.remove({ id, paths, folders }));
  return error ?? redirect(`/datasets/${id}/imports/${result.importId}`);
}

const ICONS = { image: FileImage, label: FileText, annotation: FileJson, data: File, other: File };

export default function Files() {
  const t = useTranslations('files');
  const actions = useTranslations('actions');
  const format = useFormat();
  const { items, folders, nextCursor, preview } = useLoaderData<typeof loader>();
  const [query] = useSearchParams();
  const folder = query.get('folder') ?? '';
  const error = useActionData<typeof action>();
  const version = versionIn(query);
  const linkTo = (changes: Record<string, string | null>) => {
    const next = new URLSearchParams({ ...(version ? { version } : {}), ...(folder ? { folder } : {}) });
    for (const [key, value] of Object.entries(changes)) value === null ? next.delete(key) : next.set(key, value);
    return `?${next}`;
  };
  if (items.length === 0 && folders.length === 0 && folder === '') {
    return (
      <EmptyState icon={<FolderOpen className="size-6" aria-hidden />} title={t('none')}>
        {t('uploadSome')}
      </EmptyState>
    );
  }
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
      <section className="rounded-xl border border-line bg-surface">
        <div className="flex items-center justify-between gap-3 border-b border-line px-4 py-2">
          <Breadcrumb folder={folder} />
          {folder ? <Remove name="folder" path={folder} /> : null}
        </div>
        {error ? (
          <div className="p-4">
            <ServerError error={error} />
          </div>
        ) : null}
        <ul className="divide-y divide-line text-sm">
          {folders.map((path) => (
            <li key={path}>
              <Link to={linkTo({ folder: path })} className="flex items-center gap-3 px-4 py-2 hover:bg-raised">
                <Folder className="size-4 shrink-0 text-note" aria-hidden />
                <span className="min-w-0 truncate">{path.slice(folder.length)}</span>
              </Link>
            </li>
          ))}
          {items.map((file) => {
            const Icon = ICONS[file.kind];
            const isOpen = preview?.file.id === file.id;
            return (
              <li key={file.id}>
                <Link
                  to={linkTo({ preview: file.path })}
                  preventScrollReset
                  aria-current={isOpen ? 'true' : undefined}
                  className="flex items-center gap-3 px-4 py-2 hover:bg-raised aria-[current]:bg-raised"
                >
                  <Icon className="size-4 shrink-0 text-dim" aria-hidden />
                  <span className="min-w-0 flex-1 truncate" title={file.path}>
                    {file.path.slice(folder.length)}
                  </span>
                  <span className="shrink-0 text-xs text-dim tabular-nums">{format.bytes(file.size)}</span>
                </Link>
              </li>
            );
          })}
        </ul>
        {nextCursor ? (
          <div className="border-t border-line p-3 text-center">
            <Link to={linkTo({ cursor: nextCursor })} className={buttonStyle.secondary}>
              {actions('nextPage')}
            </Link>
          </div>
        ) : null}
      </section>
      {preview ? (
        <Preview preview={preview} />
      ) : (
        <p className="hidden p-6 text-center text-sm text-dim lg:block">{t('pick')}</p>
      )}
    </div>
  );
}

/** The way from the top to the folder, each step a link. */
function Breadcrumb({ folder }: { folder: string }) {
  const t = useTranslations('files');
  const version = useVersion();
  const names = folder.split('/').filter((name) => name !== '');
  return (
    <nav aria-label={t('folder')} className="min-w-0 text-sm">
      <ol className="flex flex-wrap items-center gap-1">
        <li>
          <Link to={atVersion('?', version)} className="rounded px-1 hover:bg-raised">
            {t('all')}
          </Link>
        </li>
        {names.map((name, index) => (
          <li key={names.slice(0, index + 1).join('/')} className="flex items-center gap-1">
            <span aria-hidden className="text-dim">
              /
            </span>
            <Link
              to={atVersion(`?folder=${encodeURIComponent(`${names.slice(0, index + 1).join('/')}/`)}`, version)}
              className="rounded px-1 break-all hover:bg-raised"
            >
              {name}
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** For who may change the dataset. */
function Remove({ name, path }: { name: 'path' | 'folder'; path: string }) {
  const t = useTranslations('files');
  const actions = useTranslations('actions');
  const dataset = useRouteLoaderData<typeof datasetLoader>('routes/datasets.$id');
  const submit = useSubmit();
  const version = useVersion();
  if (!dataset?.actions.includes('edit') || version !== undefined) return null;
  const isFolder = name === 'folder';
  const label = isFolder ? t('removeFolder') : t('removeFile');
  return (
    <Confirm
      title={isFolder ? t('removeFolderTitle') : t('removeFileTitle')}
      action={actions('remove')}
      onConfirm={() => submit({ [name]: path }, { method: 'post' })}
      trigger={
        <button type="button" className={buttonStyle.icon} aria-label={label} title={label}>
          <Trash2 className="size-4" aria-hidden />
        </button>
      }
    >
      {t.rich(isFolder ? 'removeFolderText' : 'removeFileText', { code: (text) => <code>{text}</code>, path })}
    </Confirm>
  );
}

function Preview({ preview }: { preview: FilePreview }) {
  const { id } = useLoaderData<typeof loader>();
  const t = useTranslations('files');
  const actions = useTranslations('actions');
  const format = useFormat();
  const { file, text, isCut } = preview;
  const version = useVersion();
  const content = atVersion(`/api/v1/datasets/${id}/files/content?path=${encodeURIComponent(file.path)}`, version);
  return (
    <Card className="min-w-0 lg:sticky lg:top-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="font-semibold break-all">{file.path}</h2>
          <p className="mt-1 text-sm text-dim">
            {format.bytes(file.size)} · {file.mime}
          </p>
        </div>
        <div className="flex gap-2">
          <a href={`${content}&download`} className={buttonStyle.secondary}>
            <Download className="size-4" aria-hidden /> {actions('download')}
          </a>
          <Remove name="path" path={file.path} />
        </div>
      </div>
      <p className="mt-2 flex items-center gap-1 text-xs text-dim">
        <span className="whitespace-nowrap">SHA-256</span> <code className="truncate">{file.sha256}</code>
        <CopyButton text={file.sha256} label={actions('copyHash')} />
      </p>
      {file.kind === 'image' ? (
        <Link to={atVersion(`/datasets/${id}/images/${file.id}`, version)} className="mt-4 block">
          <img src={thumbnailUrl(id, file.id, 640, version)} alt={file.path} className="mx-auto max-h-96 rounded-lg" />
        </Link>
      ) : null}
      {text === null ? (
        file.kind === 'image' ? null : (
          <p className="mt-4 text-sm text-dim">{t('noText')}</p>
        )
      ) : (
        <>
          <Scrolling label={file.path} className="mt-4 max-h-[60vh] overflow-auto rounded-lg bg-canvas p-3 text-xs">
            <pre>{text === '' ? t('empty') : text}</pre>
          </Scrolling>
          {isCut ? <p className="mt-2 text-xs text-dim">{t('cut')}</p> : null}
        </>
      )}
    </Card>
  );
}
