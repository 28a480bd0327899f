import { useNavigate } from '@remix-run/react';
import { clsx } from 'clsx';
import { useCallback, useEffect, useRef, useState } from 'react';
import { toast } from 'sonner';
import { useTranslations } from 'use-intl';
import { FormError } from '~/components/ui';
import { useServerTexts } from '~/server-texts';
import { Canvas, type CanvasImage } from './canvas';
import { ClassPanel } from './class-panel';
import { ConflictBar } from './conflict-bar';
import { DetailsPanel } from './details-panel';
import { DrawingBar } from './drawing-bar';
import { type ClassOfLabels, editorOf } from './editor';
import { ImagePanel } from './image-panel';
import { KeysSheet } from './keys-sheet';
import { LabelList } from './label-list';
import { Narrator } from './narrator';
import { isUnderstood, type Present, type Saver } from './saver';
import { EditorContext, editorStore } from './store';
import { Toolbar } from './toolbar';
import { TopBar } from './top-bar';
import { useKeys } from './use-keys';
import { openSaver, sendWaiting, useSaving } from './use-saving';

export interface WorkspaceProps {
  readonly datasetId: string;
  readonly image: CanvasImage;
  readonly present: Present;
  readonly classes: readonly ClassOfLabels[];
  readonly canEdit: boolean;
  /** Addresses: of the image's own page, and of this page for its neighbours. */
  readonly links: { readonly back: string; readonly previous: string | null; readonly next: string | null };
}

/** The window in which the labels of an image are edited; they are saved by themselves. */
export function Workspace({ datasetId, image, present, classes, canEdit: mayEdit, links }: WorkspaceProps) {
  const isKnown = isUnderstood(present);
  const canEdit = mayEdit && isKnown;
  const t = useTranslations('annotate');
  const texts = useServerTexts();
  const navigate = useNavigate();
  // One for as long as the image is open: what comes anew from the server comes by the saver.
  const [store] = useState(() => editorStore(editorOf({ image, classes, labels: [], canEdit })));
  const saver = useSaver(datasetId, image.id, present);
  const onOthers = useCallback(() => toast(t('merged')), [t]);
  const { status, state } = useSaving(store, saver, onOthers);
  const [hasNames, setHasNames] = useState(true);
  const [isSheetOpen, setIsSheetOpen] = useState(false);
  const [isPanelOpen, setIsPanelOpen] = useState(false);
  const isPanning = useRef(false);
  const canvas = useRef<HTMLDivElement>(null);
  const classField = useRef<HTMLInputElement>(null);
  const refused = status.kind === 'refused' ? status.error : null;
  const said = refused && (refused.code === 'not_editable' ? { message: t('notUnderstood') } : texts.error(refused));
  const [issue] = refused?.issues ?? [];
  // Which field it is about says nothing to who draws; what is wrong with it does.
  const refusal = said && issue && !said.message.includes(issue.message) ? { ...said, hint: issue.message } : said;
  const go = (to: string | null) => () => {
    if (to === null) return;
    // The page of the next image cannot come now; what was drawn waits here.
    if (!navigator.onLine) toast(t('offlineStay'));
    else navigate(to);
  };
  useKeys(store, isPanning, {
    toNext: go(links.next),
    toPrevious: go(links.previous),
    finishAndNext() {
      if (canEdit) saver?.changeState('completed');
      go(links.next)();
    },
    findClass() {
      setIsPanelOpen(true);
      classField.current?.focus();
    },
    showKeys: () => setIsSheetOpen(true),
    toggleNames: () => setHasNames((now) => !now),
  });
  return (
    <EditorContext.Provider value={store}>
      <div className="fixed inset-0 flex flex-col bg-canvas text-ink" data-ready={saver !== null}>
        <TopBar
          path={image.path}
          back={links.back}
          status={status}
          state={state ?? present.state}
          canEdit={canEdit}
          onState={(next) => saver?.changeState(next)}
          onRetry={() => void saver?.flush()}
          onNext={links.next ? go(links.next) : null}
          onPrevious={links.previous ? go(links.previous) : null}
          onKeys={() => setIsSheetOpen(true)}
          onPanel={() => setIsPanelOpen((now) => !now)}
        />
        {refusal ? <FormError {...refusal} /> : null}
        <div className="relative flex min-h-0 flex-1 flex-col md:flex-row">
          <Toolbar hasNames={hasNames} onNames={() => setHasNames((now) => !now)} />
          <div className="relative min-h-0 min-w-0 flex-1">
            <Canvas datasetId={datasetId} image={image} hasNames={hasNames} isPanning={isPanning} focus={canvas} />
            <DrawingBar />
            <ConflictBar />
          </div>
          <aside
            aria-label={t('panel')}
            className={clsx(
              'flex w-72 min-w-0 flex-col border-l border-line bg-surface max-md:absolute max-md:overflow-y-auto max-md:inset-x-0 max-md:bottom-16 max-md:h-[60%] max-md:w-auto max-md:border-t max-md:border-l-0',
              isPanelOpen ? '' : 'max-md:hidden',
            )}
          >
            {canEdit ? null : (
              <p className="border-b border-line px-3 py-2 text-xs text-dim">
                {t(isKnown ? 'lookOnly' : 'notUnderstood')}
              </p>
            )}
            <ClassPanel field={classField} />
            <ImagePanel />
            <LabelList />
            <DetailsPanel />
          </aside>
        </div>
        <Narrator />
        <KeysSheet isOpen={isSheetOpen} onClose={() => setIsSheetOpen(false)} />
      </div>
    </EditorContext.Provider>
  );
}

/** What waited for the image in this browser is read first. */
function useSaver(datasetId: string, fileId: number, present: Present): Saver | null {
  const t = useTranslations('annotate');
  const [saver, setSaver] = useState<Saver | null>(null);
  const first = useRef(present);
  useEffect(() => {
    let isWanted = true;
    void openSaver(datasetId, fileId, first.current).then((opened) => {
      if (isWanted) setSaver(opened);
    });
    const sendOthers = async () => {
      const count = await sendWaiting(fileId).catch(() => 0);
      if (count > 0) toast.success(t('waitingSent', { count }));
    };
    void sendOthers();
    window.addEventListener('online', sendOthers);
    return () => {
      isWanted = false;
      window.removeEventListener('online', sendOthers);
    };
  }, [datasetId, fileId, t]);
  return saver;
}
