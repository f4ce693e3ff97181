import Box from '@mui/material/Box';
import { useCallback } from 'react';
import { JobPanel } from '../../jobs/JobPanel';
import type { BulkJob } from '../../jobs/job';

/** The bulk jobs that were ordered from here, with their progress. */
export default function OrderedJobs({ ids }: { ids: readonly string[] }) {
  const isOwn = useCallback((job: BulkJob) => ids.includes(job.id), [ids]);
  return (
    <Box sx={{ p: 1 }}>
      <JobPanel of={isOwn} />
    </Box>
  );
}
