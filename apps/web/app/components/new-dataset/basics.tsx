import type { ErrorBody } from '@granary/api/client';
import { TASKS, taskName } from '~/format';
import { Field, fieldStyle } from '../ui';
import { VisibilityChoice } from '../visibility-choice';
import { type Draft, useNameProblem } from './draft';

/** Name, description, tags, task and visibility. */
export function Basics({
  draft,
  change,
  error,
}: {
  draft: Draft;
  change(changes: Partial<Draft>): void;
  error: ErrorBody | null | undefined;
}) {
  const { problem, isFree } = useNameProblem(draft.name);
  const issueOf = (path: string) => error?.issues?.find((issue) => issue.path.split('.')[0] === path)?.message;
  return (
    <div className="space-y-5">
      <Field
        label="Name"
        name="name"
        type="text"
        required
        maxLength={120}
        value={draft.name}
        onChange={(event) => change({ name: event.target.value })}
        autoComplete="off"
        error={problem ?? issueOf('name')}
        {...(isFree ? { hint: 'This name is free.' } : {})}
      />
      <div>
        <label htmlFor="description" className="mb-1.5 block text-sm font-medium text-slate-300">
          Description <span className="font-normal text-dim">(optional, Markdown)</span>
        </label>
        <textarea
          id="description"
          name="description"
          rows={3}
          maxLength={20_000}
          value={draft.description}
          onChange={(event) => change({ description: event.target.value })}
          className={`${fieldStyle} w-full`}
        />
      </div>
      <Field
        label="Tags"
        name="tags"
        value={draft.tags}
        onChange={(event) => change({ tags: event.target.value })}
        hint="Separated by commas"
        autoComplete="off"
        error={issueOf('tags')}
      />
      <div>
        <label htmlFor="taskType" className="mb-1.5 block text-sm font-medium text-slate-300">
          Task
        </label>
        <select
          id="taskType"
          name="taskType"
          value={draft.taskType}
          onChange={(event) => change({ taskType: event.target.value })}
          className={`${fieldStyle} w-full`}
        >
          <option value="">As the labels say</option>
          {TASKS.map((task) => (
            <option key={task} value={task}>
              {taskName(task)}
            </option>
          ))}
        </select>
      </div>
      <VisibilityChoice value={draft.visibility} onChange={(visibility) => change({ visibility })} />
    </div>
  );
}
