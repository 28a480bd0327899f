import { NavLink } from '@remix-run/react';
import { clsx } from 'clsx';

/** The pages below this one, each a link; `.` is the page itself. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly (readonly [path: string, name: string])[] }) {
  return (
    <nav aria-label={label} className="mt-5 mb-6 flex gap-1 overflow-x-auto border-b border-line text-sm">
      {tabs.map(([path, name]) => (
        <NavLink
          key={path}
          to={path}
          end={path === '.'}
          className={({ isActive }) =>
            clsx(
              '-mb-px shrink-0 border-b-2 px-3 py-2',
              isActive ? 'border-accent text-ink' : 'border-transparent text-dim hover:text-ink',
            )
          }
        >
          {name}
        </NavLink>
      ))}
    </nav>
  );
}
