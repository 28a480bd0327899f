import type { StatisticsView } from '@granary/client';
import { CartesianGrid, ResponsiveContainer, Scatter, ScatterChart, Tooltip, XAxis, YAxis, ZAxis } from 'recharts';
import { useTranslations } from 'use-intl';

/** Widths over heights of the images; a larger dot stands for more of them. */
export default function SizeScatter({ sizes }: { sizes: StatisticsView['sizes'] }) {
  const t = useTranslations('dataset');
  const tick = { fill: 'var(--color-dim)', fontSize: 11 };
  return (
    <ResponsiveContainer width="100%" height={240}>
      <ScatterChart margin={{ top: 8, right: 12, bottom: 4, left: 0 }}>
        <CartesianGrid stroke="var(--color-line)" />
        <XAxis
          type="number"
          dataKey="width"
          name={t('width')}
          unit=" px"
          tick={tick}
          stroke="var(--color-edge)"
          domain={[0, 'auto']}
        />
        <YAxis
          type="number"
          dataKey="height"
          name={t('height')}
          unit=" px"
          tick={tick}
          stroke="var(--color-edge)"
          width={70}
          domain={[0, 'auto']}
        />
        <ZAxis type="number" dataKey="images" name={t('images')} range={[24, 400]} />
        <Tooltip
          cursor={{ stroke: 'var(--color-edge)' }}
          content={({ payload }) => {
            const size: StatisticsView['sizes'][number] | undefined = payload?.[0]?.payload;
            return size ? (
              <p className="rounded border border-line bg-raised px-2 py-1 text-xs">{t('sizeTitle', size)}</p>
            ) : null;
          }}
        />
        <Scatter data={sizes} fill="var(--color-chart-2)" fillOpacity={0.6} isAnimationActive={false} />
      </ScatterChart>
    </ResponsiveContainer>
  );
}
