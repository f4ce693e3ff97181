import CloseIcon from '@mui/icons-material/Close';
import DownIcon from '@mui/icons-material/KeyboardArrowDown';
import UpIcon from '@mui/icons-material/KeyboardArrowUp';
import Box from '@mui/material/Box';
import Drawer from '@mui/material/Drawer';
import IconButton from '@mui/material/IconButton';
import Skeleton from '@mui/material/Skeleton';
import Stack from '@mui/material/Stack';
import Tooltip from '@mui/material/Tooltip';
import Typography from '@mui/material/Typography';
import { useQueryClient } from '@tanstack/react-query';
import { memo, type ReactNode, useEffect, useId, useRef } from 'react';
import { api } from '../../api/client';
import { ApiError } from '../../api/error';
import { useLive } from '../../live/LiveProvider';
import { CopyButton } from '../../ui/CopyButton';
import { Empty } from '../../ui/Empty';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { useDrawerText } from './drawerText';
import { PushDetails } from './PushDetails';

type Props = {
  id: string;
  onClose: () => void;
  /** To the push above or below; nothing if there is none. */
  onPrevious?: () => void;
  onNext?: () => void;
};

/** One push, beside the log: what became of it, and what can be done. */
export default memo(function PushDrawer({ id, onClose, onPrevious, onNext }: Props) {
  const t = useDrawerText();
  const titleId = useId();
  const queries = useQueryClient();
  const title = useRef<HTMLElement>(null);
  const options = { params: { path: { id } } };
  const query = api.useQuery('get', '/api/v1/pushes/{id}', options);
  useLive('pushes', ({ changes }) => {
    if (changes.some((c) => c.id === id))
      void queries.invalidateQueries({ queryKey: ['get', '/api/v1/pushes/{id}', options] });
  });
  useEffect(() => title.current?.focus(), []);
  const gone = query.error instanceof ApiError && query.error.status === 404;
  return (
    <Drawer
      anchor="right"
      variant="persistent"
      open
      slotProps={{
        paper: {
          role: 'dialog',
          'aria-labelledby': titleId,
          'aria-busy': query.isFetching,
          elevation: 8,
          sx: { width: { xs: '100%', sm: 480 }, borderLeft: 1, borderColor: 'divider' },
        },
      }}
    >
      <Stack
        component="header"
        direction="row"
        sx={{
          alignItems: 'center',
          gap: 0.5,
          px: 2,
          py: 1,
          borderBottom: 1,
          borderColor: 'divider',
          position: 'sticky',
          top: 0,
          bgcolor: 'background.paper',
          zIndex: 1,
        }}
      >
        <Box sx={{ flex: 1, minWidth: 0 }}>
          <Typography id={titleId} ref={title} tabIndex={-1} variant="h2" sx={{ outline: 'none' }}>
            {t('label')}
          </Typography>
          <Stack direction="row" sx={{ alignItems: 'center', minWidth: 0 }}>
            <Typography className="mono" variant="caption" noWrap sx={{ color: 'text.secondary' }}>
              {id}
            </Typography>
            <CopyButton text={id} what={t('copyId')} />
          </Stack>
        </Box>
        <Tool label={t('previous')} onClick={onPrevious}>
          <UpIcon />
        </Tool>
        <Tool label={t('next')} onClick={onNext}>
          <DownIcon />
        </Tool>
        <Tool label={t('close')} onClick={onClose}>
          <CloseIcon />
        </Tool>
      </Stack>
      {query.data ? (
        <PushDetails record={query.data} />
      ) : gone ? (
        <Empty title={t('vanished')} hint={t('vanishedHint')} />
      ) : query.error ? (
        <Box sx={{ p: 2 }}>
          <ErrorNotice error={query.error} retry={() => void query.refetch()} />
        </Box>
      ) : (
        <Stack sx={{ p: 2, gap: 2 }}>
          <Skeleton variant="rounded" height={72} />
          <Skeleton variant="rounded" height={140} />
          <Skeleton variant="rounded" height={220} />
        </Stack>
      )}
    </Drawer>
  );
});

function Tool({ label, onClick, children }: { label: string; onClick?: () => void; children: ReactNode }) {
  return (
    <Tooltip title={onClick ? label : ''}>
      <span>
        <IconButton size="small" aria-label={label} disabled={!onClick} onClick={onClick}>
          {children}
        </IconButton>
      </span>
    </Tooltip>
  );
}
