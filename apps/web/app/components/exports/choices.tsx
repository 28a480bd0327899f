import { Form, useSubmit } from '@remix-run/react';
import { useTranslations } from 'use-intl';
import { buttonStyle, Field, SelectField } from '~/components/ui';
import { useNames } from '~/format';

export interface Choices {
  formats: readonly string[];
  own: string | null;
  splitNames: readonly string[];
  format: string;
  splits: readonly string[];
  q: string;
  images: boolean;
  container: 'zip' | 'tar';
  version: string | undefined;
}

const choice =
  'flex cursor-pointer items-center gap-2 rounded-md border border-line px-3 py-2 text-sm has-checked:border-accent has-checked:bg-accent/10';

/** What is to be in the archive; each change asks anew what the format loses. */
export function ExportChoices({ choices, error }: { choices: Choices; error?: string | undefined }) {
  const t = useTranslations('exportPage');
  const actions = useTranslations('actions');
  const names = useNames();
  const submit = useSubmit();
  const { formats, own, splitNames, format, splits, q, images, container, version } = choices;
  return (
    <Form method="get" className="space-y-5" onChange={(event) => submit(event.currentTarget, { replace: true })}>
      {version ? <input type="hidden" name="version" value={version} /> : null}
      <fieldset>
        <legend className="text-sm text-dim">{t('format')}</legend>
        <div className="mt-2 flex flex-wrap gap-2">
          {formats.map((name) => (
            <label key={name} className={choice}>
              <input type="radio" name="format" value={name} defaultChecked={name === format} />
              {name === 'original' ? t('original') : names.format(name)}
              {name === own ? <span className="text-xs text-dim">{t('ownFormat')}</span> : null}
            </label>
          ))}
        </div>
      </fieldset>
      {splitNames.length > 0 ? (
        <fieldset>
          <legend className="text-sm text-dim">
            {t('splits')} <span className="text-xs">{t('splitsHint')}</span>
          </legend>
          <div className="mt-2 flex flex-wrap gap-2">
            {splitNames.map((name) => (
              <label key={name} className={choice}>
                <input type="checkbox" name="splits" value={name} defaultChecked={splits.includes(name)} />
                {name}
              </label>
            ))}
          </div>
        </fieldset>
      ) : null}
      <div className="grid gap-4 sm:grid-cols-2">
        <Field name="q" label={t('query')} hint={t('queryHint')} defaultValue={q} error={error} />
        <SelectField name="container" label={t('container')} defaultValue={container}>
          <option value="zip">zip</option>
          <option value="tar">tar</option>
        </SelectField>
      </div>
      <fieldset className="flex flex-wrap gap-2">
        <label className={choice}>
          <input type="radio" name="images" value="true" defaultChecked={images} /> {t('withImages')}
        </label>
        <label className={choice}>
          <input type="radio" name="images" value="false" defaultChecked={!images} /> {t('withoutImages')}
        </label>
      </fieldset>
      <noscript>
        <button type="submit" className={buttonStyle.secondary}>
          {actions('show')}
        </button>
      </noscript>
    </Form>
  );
}
