import type { HubInfoView } from '@granary/client';
import { ExternalLink } from 'lucide-react';
import { useTranslations } from 'use-intl';
import { useFormat } from '~/format';
import { Markdown } from './markdown';
import { Card, Facts, ServerError } from './ui';

export type HubInfo = HubInfoView;

/** What the Hub has of a dataset, before anything is downloaded. */
export function HubContents({ info }: { info: HubInfo }) {
  const t = useTranslations('hub');
  const format = useFormat();
  return (
    <Card>
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="min-w-0 text-lg font-semibold break-all">{info.repoId}</h2>
        {info.gated === 'no' ? null : <Badge>{t('gated')}</Badge>}
        {info.private ? <Badge>{t('private')}</Badge> : null}
        <a href={info.url} target="_blank" rel="noreferrer" className="ml-auto text-sm text-accent hover:underline">
          {t('onHub')} <ExternalLink className="inline size-3.5" aria-hidden />
        </a>
      </div>
      {info.description ? (
        <div className="mt-3 max-h-60 overflow-y-auto">
          <Markdown>{info.description}</Markdown>
        </div>
      ) : null}
      {info.access ? (
        <div className="mt-4">
          <ServerError error={info.access} />
        </div>
      ) : null}
      <div className="mt-4">
        <Facts
          facts={[
            ...(info.license ? ([[t('license'), info.license]] as const) : []),
            ...(info.sizeBytes > 0 ? ([[t('size'), format.bytes(info.sizeBytes)]] as const) : []),
            ...(info.downloads ? ([[t('downloads'), format.count(info.downloads)]] as const) : []),
            ...(info.lastModified ? ([[t('updated'), format.instant(info.lastModified)]] as const) : []),
            [t('commit'), <code key="commit">{info.commit.slice(0, 12)}</code>],
          ].map(([name, value]): [string, typeof value] => [String(name), value])}
        />
      </div>
      {info.subsets.length > 0 ? (
        <>
          <h3 className="mt-5 mb-1 text-sm font-semibold text-soft">{t('whatThereIs')}</h3>
          <p className="mb-3 text-xs text-dim">{info.isConverted ? t('converted') : t('ownFiles')}</p>
          <ul className="max-h-80 space-y-3 overflow-y-auto text-sm">
            {info.subsets.map((subset) => (
              <li key={subset.name}>
                <p className="font-medium break-all">{subset.name}</p>
                <ul className="mt-1 space-y-1 border-l border-line pl-3">
                  {subset.splits.map((split) => (
                    <li key={split.name}>
                      <details>
                        <summary className="cursor-pointer">
                          {split.name}{' '}
                          <span className="text-dim">
                            {t('splitFacts', { size: format.bytes(split.sizeBytes), count: split.numFiles })}
                          </span>
                        </summary>
                        <ul className="mt-1 ml-4 text-xs text-dim">
                          {split.files.map((file) => (
                            <li key={file.path} className="break-all">
                              {file.path} · {format.bytes(file.sizeBytes)}
                            </li>
                          ))}
                        </ul>
                      </details>
                    </li>
                  ))}
                </ul>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </Card>
  );
}

function Badge({ children }: { children: string }) {
  return <span className="rounded-full bg-warn/10 px-2 py-0.5 text-xs text-warn">{children}</span>;
}
