import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { ApiError } from '../../api/error';
import { useMay } from '../../api/session';
import { HoldNotice } from '../../push/holds';
import { ConfirmDialog } from '../../ui/ConfirmDialog';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { useToast } from '../../ui/Toast';
import { useWorkersText } from './text';
import { holdsKey, useHolds } from './useHolds';

/** Why nothing is sent to a project, with the button that ends it. */
export function HoldBanners() {
  const t = useWorkersText();
  const may = useMay('control');
  const say = useToast();
  const queries = useQueryClient();
  const holds = useHolds();
  const [project, setProject] = useState<string | null>(null);
  const anew = () => queries.invalidateQueries({ queryKey: holdsKey });
  const end = api.useMutation('delete', '/api/v1/holds/{project}', {
    onSuccess: () => {
      setProject(null);
      say(t('holdEnded'));
      return anew();
    },
    onError: (error) => error instanceof ApiError && error.status === 404 && void anew(), // it has ended by itself
  });
  if (holds.error && !holds.data) return <ErrorNotice error={holds.error} retry={() => void holds.refetch()} />;
  return (
    <Stack
      role="region"
      aria-live="polite"
      aria-label={t('holds')}
      sx={{ gap: 1, mb: holds.data?.items.length ? 1.5 : 0 }}
    >
      {holds.data?.items.map((hold) => (
        <HoldNotice
          key={hold.project}
          hold={hold}
          action={
            may && (
              <Button
                color="inherit"
                size="small"
                onClick={() => {
                  end.reset();
                  setProject(hold.project);
                }}
              >
                {t('endHold')}
              </Button>
            )
          }
        />
      ))}
      <ConfirmDialog
        open={project !== null}
        title={t('endHoldTitle')}
        verb={t('endHold')}
        danger
        busy={end.isPending}
        error={end.error}
        onConfirm={() => project !== null && end.mutate({ params: { path: { project } } })}
        onClose={() => setProject(null)}
      >
        <Typography>{t('endHoldBody', { project: project ?? '' })}</Typography>
      </ConfirmDialog>
    </Stack>
  );
}
