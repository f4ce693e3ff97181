import Button from '@mui/material/Button';
import { Suspense, useState } from 'react';
import { lazily } from '../../api/load';
import { redrivable, type Status } from '../../push/status';
import type { Asked, Filter } from './filter';
import { useLogText } from './text';

const RedriveDialog = lazily(() => import('./RedriveDialog'));

type Props = {
  filter: Filter;
  /** What its search asks for, if it is a kept one. */
  asked: Asked | null;
  asof: string | null;
  /** How many pushes it selects, if that is known. */
  total: number | null;
  onOrdered: (job: string) => void;
};

/** Opens the redrive of what is filtered. Nothing if nothing of it can be redriven. */
export function RedriveButton({ total, ...dialog }: Props) {
  const t = useLogText();
  // What is asked stays asked, whatever comes meanwhile.
  const [asked, setAsked] = useState<typeof dialog | null>(null);
  const isOpen = (s: Status) => redrivable.some((r) => r === s);
  const { status } = dialog.filter;
  if (status?.length && !status.some(isOpen)) return null;
  const all = status?.length && status.every(isOpen) && total;
  return (
    <>
      <Button size="small" aria-haspopup="dialog" onClick={() => setAsked(dialog)}>
        {all ? t('redriveThese', { count: all }) : t('redrive')}
      </Button>
      {asked && (
        <Suspense>
          <RedriveDialog {...asked} onClose={() => setAsked(null)} />
        </Suspense>
      )}
    </>
  );
}
