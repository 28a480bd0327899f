import { useCallback, useEffect, useState } from 'react';
import { trpc } from '~/trpc';
import type { Visibility } from '~/visibility';

/** What is typed of a dataset that is not made yet. */
export interface Draft {
  name: string;
  description: string;
  tags: string;
  visibility: Visibility;
  /** The organization that gets it; none for one's own. */
  organizationId: string;
  taskType: string;
  license: string;
  /** What was picked; browsers do not let a page have the files again by itself. */
  picked: string;
}

const EMPTY: Draft = {
  name: '',
  description: '',
  tags: '',
  visibility: 'private',
  organizationId: '',
  taskType: '',
  license: '',
  picked: '',
};
const KEY = 'granary.new-dataset';

/** What is to be changed, or how it follows from what is there by then. */
type Changes = Partial<Draft> | ((now: Draft) => Partial<Draft>);

/** The draft, kept in this browser until the dataset is made. */
export function useDraft() {
  const [draft, setDraft] = useState(EMPTY);
  const [isKept, setIsKept] = useState(false);
  useEffect(() => {
    try {
      const kept: Partial<Draft> = JSON.parse(localStorage.getItem(KEY) ?? '{}');
      // What was typed before the page came to life stays.
      setDraft((now) => ({ ...EMPTY, ...kept, ...(now.name ? { name: now.name } : {}) }));
      setIsKept(Object.keys(kept).length > 0);
    } catch {
      localStorage.removeItem(KEY);
    }
  }, []);
  const change = useCallback((changes: Changes) => {
    setDraft((now) => {
      const next = { ...now, ...(typeof changes === 'function' ? changes(now) : changes) };
      localStorage.setItem(KEY, JSON.stringify(next));
      return next;
    });
  }, []);
  const forget = useCallback(() => {
    localStorage.removeItem(KEY);
    setDraft(EMPTY);
    setIsKept(false);
  }, []);
  return { draft, change, forget, isKept };
}

export const tagsOf = (text: string): string[] =>
  text
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');

const WAIT_MS = 250;

type NameProblem = Awaited<ReturnType<typeof trpc.datasets.checkName.query>>['problem'];

/** What is wrong with a name, asked while one types; null while nothing is known to be. */
export function useNameProblem({ name, organizationId }: Pick<Draft, 'name' | 'organizationId'>): {
  problem: NameProblem;
  isFree: boolean;
} {
  const [answer, setAnswer] = useState<{ name: string; problem: NameProblem }>({ name: '', problem: null });
  useEffect(() => {
    if (name.trim() === '') return;
    const timer = setTimeout(() => {
      trpc.datasets.checkName.query({ name, ...(organizationId ? { organizationId } : {}) }).then(
        ({ problem }) => setAnswer({ name, problem }),
        // Nobody answers: it is checked when the dataset is made.
        () => {},
      );
    }, WAIT_MS);
    return () => clearTimeout(timer);
  }, [name, organizationId]);
  const isAnswered = answer.name === name && name !== '';
  return { problem: isAnswered ? answer.problem : null, isFree: isAnswered && answer.problem === null };
}
