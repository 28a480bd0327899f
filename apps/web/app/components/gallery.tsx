import type { ImageView } from '@granary/client';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { useAmongImages } from '~/image-query';
import { trpc } from '~/trpc';
import { ImageTile } from './image-tile';
import type { Layer } from './shapes';

/** How images are asked for. */
export type GalleryQuery = Omit<Parameters<typeof trpc.images.list.query>[0], 'cursor' | 'withAnnotations'> & {
  limit: number;
};

interface Page {
  /** Null for the first one. */
  cursor: string | null;
  /** Those of pages far away are let go, and fetched anew: a gallery may have any number of pages. */
  items: ImageView[] | null;
}

const GAP = 12;
/** Pages on either side of what is seen that are kept. */
const KEPT_PAGES = 3;

/** How near the end the next page is fetched: before one gets there, even while thumbnails keep the connections busy. */
const ROWS_AHEAD = 15;

/** Images by pages, as many as were scrolled to; all pages but the last are full. */
function usePages(query: GalleryQuery, first: { items: ImageView[]; nextCursor: string | null }) {
  const [pages, setPages] = useState<readonly Page[]>([{ cursor: null, items: first.items }]);
  const [next, setNext] = useState(first.nextCursor);
  const [numLast, setNumLast] = useState(first.items.length);
  const [error, setError] = useState(false);
  const isLoading = useRef(false);
  const isLooking = useRef(false);
  const fetchPage = useCallback(
    (cursor: string | null) =>
      trpc.images.list.query({ ...query, ...(cursor === null ? {} : { cursor }), withAnnotations: 'true' }),
    [query],
  );

  const loadNext = useCallback(async () => {
    if (next === null || isLoading.current) return;
    isLoading.current = true;
    try {
      const { items, nextCursor } = await fetchPage(next);
      setPages((current) => [...current, { cursor: next, items }]);
      setNumLast(items.length);
      setNext(nextCursor);
      setError(false);
    } catch {
      setError(true);
    } finally {
      isLoading.current = false;
    }
  }, [next, fetchPage]);

  /** Lets far pages go, and fetches near ones that were let go. */
  const look = useCallback(
    async (from: number, to: number) => {
      const isNear = (index: number) => index >= from - KEPT_PAGES && index <= to + KEPT_PAGES;
      if (pages.some((page, index) => page.items && !isNear(index) && index < pages.length - 1)) {
        setPages((current) =>
          current.map((page, index) =>
            page.items && !isNear(index) && index < current.length - 1 ? { ...page, items: null } : page,
          ),
        );
      }
      const missing = pages.findIndex((page, index) => !page.items && index >= from && index <= to);
      const wanted = pages[missing];
      if (!wanted || isLooking.current) return;
      isLooking.current = true;
      try {
        const { items } = await fetchPage(wanted.cursor);
        setPages((current) => current.map((page, index) => (index === missing ? { ...page, items } : page)));
      } catch {
        // The places stay empty; scrolling asks again.
      } finally {
        isLooking.current = false;
      }
    },
    [pages, fetchPage],
  );
  const numImages = (pages.length - 1) * query.limit + numLast;
  const imageAt = (index: number): ImageView | null =>
    pages[Math.floor(index / query.limit)]?.items?.[index % query.limit] ?? null;
  return { numImages, imageAt, hasMore: next !== null, error, loadNext, look };
}

/** Tiles in rows, of which only those near the window exist; more are fetched as one scrolls. */
export function Gallery({
  datasetId,
  query,
  first,
  shown,
  columns,
}: {
  datasetId: string;
  query: GalleryQuery;
  first: { items: ImageView[]; nextCursor: string | null };
  shown: ReadonlySet<Layer>;
  columns: number;
}) {
  const t = useTranslations('images');
  const { numImages, imageAt, hasMore, error, loadNext, look } = usePages(query, first);
  const list = useRef<HTMLUListElement>(null);
  const [place, setPlace] = useState<{ top: number; rowHeight: number } | null>(null);
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const measure = () => {
      const tile = (element.clientWidth - GAP * (columns - 1)) / columns;
      setPlace({ top: element.offsetTop, rowHeight: tile * 0.75 + GAP });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [columns]);

  const numRows = Math.ceil(numImages / columns);
  const virtualizer = useWindowVirtualizer({
    count: numRows,
    estimateSize: () => place?.rowHeight ?? 200,
    overscan: 2,
    scrollMargin: place?.top ?? 0,
  });
  const rowHeight = place?.rowHeight;
  useEffect(() => {
    if (rowHeight !== undefined) virtualizer.measure();
  }, [rowHeight, virtualizer]);
  const rows = place ? virtualizer.getVirtualItems() : [];
  const [firstRow, lastRow] = [rows[0]?.index ?? 0, rows.at(-1)?.index ?? 0];
  useEffect(() => {
    if (place && lastRow >= numRows - ROWS_AHEAD && hasMore) void loadNext();
  }, [place, lastRow, numRows, hasMore, loadNext]);
  useEffect(() => {
    const pageOf = (row: number) => Math.floor((row * columns) / query.limit);
    void look(pageOf(firstRow), pageOf(lastRow));
  }, [firstRow, lastRow, columns, query.limit, look]);

  // Before the page lives, and for who has no scripts, the first tiles stand as they are.
  const visible = place
    ? rows.flatMap((row) => {
        const start = row.index * columns;
        return Array.from({ length: Math.min(columns, numImages - start) }, (_, column) => ({
          index: start + column,
          row,
          column,
        }));
      })
    : first.items.map((_, index) => ({ index, row: null, column: 0 }));
  return (
    <>
      <ul
        ref={list}
        data-testid="gallery"
        onKeyDown={(event) => moveFocus(event, columns)}
        className={place ? 'relative' : 'grid grid-cols-2 gap-3 sm:grid-cols-4 xl:grid-cols-5'}
        style={place ? { height: virtualizer.getTotalSize() } : undefined}
      >
        {visible.map(({ index, row, column }) => (
          <li
            key={index}
            className={row ? 'absolute' : undefined}
            style={
              row
                ? {
                    top: row.start - (place?.top ?? 0),
                    left: `calc((100% + ${GAP}px) / ${columns} * ${column})`,
                    width: `calc((100% - ${GAP * (columns - 1)}px) / ${columns})`,
                  }
                : undefined
            }
          >
            <Tile datasetId={datasetId} image={imageAt(index)} shown={shown} />
          </li>
        ))}
      </ul>
      {hasMore ? (
        <p role="status" className="mt-6 text-center text-sm text-dim">
          {error ? (
            <button type="button" className="text-accent hover:underline" onClick={() => void loadNext()}>
              {t('loadFailed')}
            </button>
          ) : (
            t('loadingMore')
          )}
        </p>
      ) : null}
    </>
  );
}

/** An image, or its empty place until it is fetched again. */
function Tile({ datasetId, image, shown }: { datasetId: string; image: ImageView | null; shown: ReadonlySet<Layer> }) {
  const among = useAmongImages();
  if (!image) return <div className="aspect-4/3 rounded-lg bg-raised/40" />;
  const to = among(`/datasets/${datasetId}/images/${image.id}`);
  return <ImageTile datasetId={datasetId} image={image} shown={shown} to={to} />;
}

/** Arrow keys go from tile to tile. */
function moveFocus(event: KeyboardEvent<HTMLUListElement>, columns: number): void {
  const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  const step = steps[event.key];
  if (step === undefined) return;
  const links = [...event.currentTarget.querySelectorAll('a')];
  const target = links[links.indexOf(document.activeElement as HTMLAnchorElement) + step];
  if (!target) return;
  event.preventDefault();
  target.focus();
}
