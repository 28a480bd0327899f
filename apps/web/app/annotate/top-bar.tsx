import { Link } from '@remix-run/react';
import {
  ArrowLeft,
  Check,
  ChevronLeft,
  ChevronRight,
  CircleAlert,
  CloudOff,
  Keyboard,
  LoaderCircle,
  PanelRight,
} from 'lucide-react';
import { useTranslations } from 'use-intl';
import { useServerTexts } from '~/server-texts';
import { IconButton, iconButtonStyle, smallButtonStyle } from './icon-button';
import { type GivenState, IMAGE_STATES, type Present, type SavingStatus } from './saver';

/** Where one is, whether it is saved, and the way to the next image. */
export function TopBar({
  path,
  back,
  status,
  state,
  canEdit,
  onState,
  onRetry,
  onNext,
  onPrevious,
  onKeys,
  onPanel,
}: {
  path: string;
  back: string;
  status: SavingStatus;
  state: Present['state'];
  canEdit: boolean;
  onState(state: GivenState): void;
  onRetry(): void;
  onNext: (() => void) | null;
  onPrevious: (() => void) | null;
  onKeys(): void;
  onPanel(): void;
}) {
  const t = useTranslations('annotate');
  const name = path.slice(path.lastIndexOf('/') + 1);
  return (
    <header className="flex shrink-0 items-center gap-1 border-b border-line bg-surface px-1.5 py-1 text-sm">
      <Link to={back} aria-label={t('back')} title={t('back')} className={iconButtonStyle}>
        <ArrowLeft className="size-[1.125rem]" aria-hidden />
      </Link>
      <h1 className="min-w-0 flex-1 truncate px-1 font-medium" title={path}>
        <span className="hidden text-dim md:inline">{path.slice(0, path.length - name.length)}</span>
        {name}
      </h1>
      <Status status={status} canEdit={canEdit} onRetry={onRetry} />
      <select
        aria-label={t('stateLabel')}
        value={state}
        disabled={!canEdit}
        className="h-8 max-w-24 rounded-md border border-edge bg-canvas px-1.5 text-xs text-ink disabled:opacity-60 md:max-w-40 pointer-coarse:h-11"
        onChange={({ currentTarget }) => {
          const chosen = IMAGE_STATES.find((known) => known === currentTarget.value);
          if (chosen) onState(chosen);
        }}
      >
        {state === 'labels_lost' ? <option value="labels_lost">{t('state.labels_lost')}</option> : null}
        {IMAGE_STATES.map((known) => (
          <option key={known} value={known}>
            {t(`state.${known}`)}
          </option>
        ))}
      </select>
      <IconButton
        icon={ChevronLeft}
        label={t('previous')}
        shortcut="PageUp"
        disabled={!onPrevious}
        onClick={() => onPrevious?.()}
      />
      <IconButton
        icon={ChevronRight}
        label={t('next')}
        shortcut="PageDown"
        disabled={!onNext}
        onClick={() => onNext?.()}
      />
      <IconButton icon={Keyboard} label={t('help')} shortcut="?" className="max-md:hidden" onClick={onKeys} />
      <IconButton icon={PanelRight} label={t('panel')} className="md:hidden" onClick={onPanel} />
    </header>
  );
}

const ICONS = { saved: Check, saving: LoaderCircle, waiting: CloudOff, refused: CircleAlert };

function Status({ status, canEdit, onRetry }: { status: SavingStatus; canEdit: boolean; onRetry(): void }) {
  const t = useTranslations('annotate');
  const texts = useServerTexts();
  if (!canEdit) return null;
  const Icon = ICONS[status.kind];
  const error = status.kind === 'refused' ? texts.error(status.error) : null;
  return (
    <div className="flex items-center gap-1.5 text-xs text-dim">
      <p role="status" data-testid="saving" title={error?.message} className="flex items-center gap-1">
        <Icon className={`size-4 ${status.kind === 'refused' ? 'text-bad' : ''}`} aria-hidden />
        <span className="sr-only md:not-sr-only">{t(`saving.${status.kind}`)}</span>
      </p>
      {status.kind === 'waiting' || status.kind === 'refused' ? (
        <button type="button" className={smallButtonStyle} onClick={onRetry}>
          {t('tryAgain')}
        </button>
      ) : null}
    </div>
  );
}
