import { memo } from 'react';
import type { Detail } from '../time/format';
import { useTime } from '../time/useTime';

/** An instant in the firm's zone. */
export const Time = memo(function Time({ at, detail }: { at: string; detail?: Detail }) {
  const { format } = useTime();
  return (
    <time dateTime={at} style={{ whiteSpace: 'nowrap' }}>
      {format(at, detail)}
    </time>
  );
});
