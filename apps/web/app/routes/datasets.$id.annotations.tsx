import type { LoaderFunctionArgs } from '@remix-run/node';
import { Form, Link, useLoaderData, useNavigation, useSubmit } from '@remix-run/react';
import { CheckCircle2, Download, Tag } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { load } from '~/api.server';
import { CopyButton } from '~/components/copy-button';
import { Losses } from '~/components/losses';
import { buttonStyle, Card, EmptyState } from '~/components/ui';
import { useNames } from '~/format';

const FORMATS = [
  'coco',
  'yolo',
  'pascal_voc',
  'dice',
  'csv',
  'cvat',
  'label_studio',
  'labelme',
  'datumaro',
  'via',
  'createml',
  'dota',
  'kitti',
  'masks',
  'coco_panoptic',
  'classification_csv',
  'hf_metadata',
] as const;

/** What a format cannot hold is told before anything is downloaded. */
export function loader({ request, context, params }: LoaderFunctionArgs) {
  const id = params.id ?? '';
  const { origin, searchParams } = new URL(request.url);
  return load(request, context, async (api) => {
    const dataset = await api.datasets.get({ id });
    const own = FORMATS.find((format) => format === dataset.format);
    const format = FORMATS.find((format) => format === searchParams.get('format')) ?? own ?? 'coco';
    const losses = dataset.numAnnotations === 0 ? [] : (await api.annotations.losses({ id, format })).losses;
    return { id, origin, own, format, losses, numAnnotations: dataset.numAnnotations };
  });
}

export default function Annotations() {
  const t = useTranslations('dataset');
  const actions = useTranslations('actions');
  const _amounts = useTranslations('amounts');
  const names = useNames();
  const { id, origin, own, format, losses, numAnnotations } = useLoaderData<typeof loader>();
  const submit = useSubmit();
  const isLoading = useNavigation().state === 'loading';
  if (numAnnotations === 0) {
    return (
      <EmptyState icon={<Tag className="size-6" aria-hidden />} title={t('nothingLabeled')}>
        {t('nothingLabeledHint')}
      </EmptyState>
    );
  }
  const url = `/api/v1/datasets/${id}/annotations/download?format=${format}`;
  return (
    <div className="max-w-3xl space-y-5">
      <Link to={`/datasets/${id}`} className="inline-block text-sm text-dim hover:text-ink">
        {t('toOverview')}
      </Link>
      <Card title={t('downloadTitle', { count: numAnnotations })}>
        <Form method="get" onChange={(event) => submit(event.currentTarget, { replace: true })}>
          <fieldset>
            <legend className="text-sm text-dim">{t('format')}</legend>
            <div className="mt-2 flex flex-wrap gap-2">
              {FORMATS.map((name) => (
                <label
                  key={name}
                  className="flex cursor-pointer items-center gap-2 rounded-md border border-line px-3 py-2 text-sm has-checked:border-accent has-checked:bg-good/10"
                >
                  <input type="radio" name="format" value={name} defaultChecked={name === format} />
                  {names.format(name)}
                  {name === own ? <span className="text-xs text-dim">{t('ownFormat')}</span> : null}
                </label>
              ))}
            </div>
            <noscript>
              <button type="submit" className={buttonStyle.secondary}>
                {actions('show')}
              </button>
            </noscript>
          </fieldset>
        </Form>
        <div className="mt-5" aria-busy={isLoading} aria-live="polite">
          {losses.length === 0 ? (
            <p className="flex gap-2 text-sm">
              <CheckCircle2 className="size-5 shrink-0 text-accent" aria-hidden />
              {t('holdsAll', { format: names.format(format) })}
            </p>
          ) : (
            <Losses losses={losses} title={t('losesSome', { format: names.format(format) })} />
          )}
        </div>
        <div className="mt-5 flex flex-wrap items-center gap-3 border-t border-line pt-4">
          <a href={url} download className={buttonStyle.primary}>
            <Download className="size-4" aria-hidden /> {t('downloadAs', { format: names.format(format) })}
          </a>
          <span className="flex items-center gap-1 text-xs text-dim">
            {t('linkForPrograms')} <CopyButton text={origin + url} label={t('copyLink')} />
          </span>
        </div>
        <p className="mt-3 text-xs text-dim">{t('annotationsOnly')}</p>
      </Card>
    </div>
  );
}
