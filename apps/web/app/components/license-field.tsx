import { LICENSES } from '@granary/core/datasets/license';
import type { InputHTMLAttributes } from 'react';
import { useTranslations } from 'use-intl';
import { Field } from './ui';

/** A license: one of the SPDX list, which is offered while one types, or any text. */
export function LicenseField(
  props: Omit<InputHTMLAttributes<HTMLInputElement>, 'name'> & { error?: string | undefined },
) {
  const t = useTranslations('dataset');
  return (
    <>
      <Field {...props} label={t('license')} name="license" maxLength={200} hint={t('licenseHint')} list="licenses" />
      <datalist id="licenses">
        {LICENSES.map((id) => (
          <option key={id} value={id} />
        ))}
      </datalist>
    </>
  );
}
