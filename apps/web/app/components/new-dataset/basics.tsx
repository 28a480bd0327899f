import type { ErrorBody, OrganizationView } from '@granary/client';
import { useTranslations } from 'use-intl';
import { TASKS, useNames } from '~/format';
import { useServerTexts } from '~/server-texts';
import { LicenseField } from '../license-field';
import { Field, SelectField, TextAreaField } from '../ui';
import { VisibilityChoice } from '../visibility-choice';
import { type Draft, useNameProblem } from './draft';

/** Name, description, tags, task and visibility. */
export function Basics({
  draft,
  change,
  error,
  organizations,
}: {
  draft: Draft;
  change(changes: Partial<Draft>): void;
  error: ErrorBody | null | undefined;
  organizations: readonly Pick<OrganizationView, 'id' | 'name'>[];
}) {
  const t = useTranslations();
  const names = useNames();
  const texts = useServerTexts();
  const { problem, isFree } = useNameProblem(draft);
  const organization = organizations.find(({ id }) => id === draft.organizationId);
  const issueOf = (path: string) => texts.field(error?.issues, path);
  return (
    <div className="space-y-5">
      <Field
        label={t('dataset.name')}
        name="name"
        type="text"
        required
        maxLength={255}
        value={draft.name}
        onChange={(event) => change({ name: event.target.value })}
        autoComplete="off"
        error={texts.field(problem ? [problem] : error?.issues, 'name')}
        {...(isFree ? { hint: t('wizard.nameIsFree') } : {})}
      />
      <TextAreaField
        label={t('dataset.description')}
        note={t('dataset.optionalMarkdown')}
        name="description"
        rows={3}
        maxLength={20_000}
        value={draft.description}
        onChange={(event) => change({ description: event.target.value })}
      />
      <Field
        label={t('dataset.tags')}
        name="tags"
        value={draft.tags}
        onChange={(event) => change({ tags: event.target.value })}
        hint={t('dataset.tagsHint')}
        autoComplete="off"
        error={issueOf('tags')}
      />
      <SelectField
        label={t('dataset.task')}
        name="taskType"
        value={draft.taskType}
        onChange={(event) => change({ taskType: event.target.value })}
      >
        <option value="">{t('wizard.asLabelsSay')}</option>
        {TASKS.map((task) => (
          <option key={task} value={task}>
            {names.task(task)}
          </option>
        ))}
      </SelectField>
      <LicenseField
        value={draft.license}
        onChange={(event) => change({ license: event.target.value })}
        error={issueOf('license')}
      />
      {organizations.length > 0 ? (
        <SelectField
          label={t('organizations.owner')}
          name="organizationId"
          value={organization?.id ?? ''}
          onChange={(event) =>
            change({
              organizationId: event.target.value,
              ...(event.target.value === '' && draft.visibility === 'organization' ? { visibility: 'private' } : {}),
            })
          }
        >
          <option value="">{t('organizations.personal')}</option>
          {organizations.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
      ) : null}
      <VisibilityChoice
        value={draft.visibility}
        organization={organization?.name ?? null}
        onChange={(visibility) => change({ visibility })}
      />
    </div>
  );
}
