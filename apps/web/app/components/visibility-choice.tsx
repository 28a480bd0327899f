import { useTranslations } from 'use-intl';
import { useRoot } from '~/use-root';
import type { Visibility } from '~/visibility';
import { Choices } from './choices';

/**
 * Who may see a dataset: held by the form itself, or where `onChange` is given by whoever shows it. The organization that
 * has it is a choice where there is one.
 */
export function VisibilityChoice({
  value,
  organization,
  onChange,
}: {
  value: string;
  organization: string | null;
  onChange?: (value: Visibility) => void;
}) {
  const t = useTranslations();
  const isOpen = useRoot()?.anonymousRead ?? false;
  const choice = (visibility: Visibility, hint: string) =>
    [visibility, t(`names.visibility.${visibility}`), hint] as const;
  const choices = [
    choice('private', t('dataset.privateHint')),
    ...(organization === null ? [] : [choice('organization', t('dataset.organizationHint', { name: organization }))]),
    choice('public', t(isOpen ? 'dataset.publicToAllHint' : 'dataset.publicHint')),
  ];
  return (
    <fieldset>
      <legend className="mb-1.5 text-sm font-medium text-soft">{t('dataset.whoMaySee')}</legend>
      <Choices name="visibility" value={value} options={choices} onChange={onChange} />
    </fieldset>
  );
}
