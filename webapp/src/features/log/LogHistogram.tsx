import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { memo } from 'react';
import { client } from '../../api/client';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Histogram } from '../../ui/Histogram';
import { type Filter, histogramRange } from './filter';
import { useLogText } from './text';

const height = 92;

type Props = {
  filter: Filter;
  asof: string | null;
  /** The server's time in ms for what is not pinned. */
  now: number;
  onSelect: (since: string, until: string) => void;
};

/** When the pushes that match were accepted. A time chosen in it becomes the range of the log. */
export const LogHistogram = memo(function LogHistogram({ filter, asof, now, onSelect }: Props) {
  const t = useLogText();
  const { since, until, span } = histogramRange(filter, asof, now);
  const query = useQuery({
    queryKey: ['log-histogram', { ...filter, since, until }, span],
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    queryFn: async ({ signal }) => {
      const asked = { ...filter, since, until, span: `${span}s` };
      const { data } = await client.GET('/api/v1/histogram', { params: { query: asked as never }, signal });
      return data as Extract<typeof data, { spans: unknown }>;
    },
  });
  return (
    <Box sx={{ px: { xs: 1.5, sm: 2 }, pb: 1, minHeight: height + 44 }}>
      {query.data ? (
        <Histogram
          label={t('histogram')}
          spans={query.data.spans}
          spanSeconds={query.data.span_seconds}
          height={height}
          onSelect={onSelect}
        />
      ) : query.error ? (
        <ErrorNotice error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Skeleton variant="rounded" height={height} />
      )}
    </Box>
  );
});
