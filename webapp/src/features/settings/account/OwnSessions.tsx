import Button from '@mui/material/Button';
import Skeleton from '@mui/material/Skeleton';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, client, type Schemas } from '../../../api/client';
import { useMe } from '../../../api/session';
import { ConfirmDialog } from '../../../ui/ConfirmDialog';
import { ErrorNotice } from '../../../ui/ErrorNotice';
import { useToast } from '../../../ui/Toast';
import { deviceOf } from '../device';
import { Section } from '../Section';
import { SessionRows } from '../SessionRows';
import { useAccountText } from './text';

type Session = Schemas['Session'];
const key = api.queryOptions('get', '/api/v1/session/others').queryKey;

/** One's own sessions, which can be ended. */
export function OwnSessions() {
  const t = useAccountText();
  const me = useMe();
  const say = useToast();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Session[]>([]);
  const [open, setOpen] = useState(false);
  const sessions = api.useQuery('get', '/api/v1/session/others');
  const others = sessions.data?.items.filter((s) => s.id !== me.session) ?? [];
  const end = useMutation({
    mutationFn: async (some: Session[]) => {
      for (const { id } of some) await client.DELETE('/api/v1/session/others/{id}', { params: { path: { id } } });
      return some.length;
    },
    onSuccess: (count) => {
      setOpen(false);
      say(t('ended', { count }));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
  const ask = (some: Session[]) => {
    end.reset();
    setAsked(some);
    setOpen(true);
  };
  const [first] = asked;
  const one = asked.length === 1 && first;
  return (
    <Section
      plain
      title={t('sessions')}
      hint={t('sessionsHint')}
      actions={
        others.length > 1 && (
          <Button variant="outlined" color="error" size="small" onClick={() => ask(others)}>
            {t('endAll', { count: others.length })}
          </Button>
        )
      }
    >
      {sessions.isPending && <Skeleton variant="rounded" height={120} />}
      {sessions.error && !sessions.data && <ErrorNotice error={sessions.error} retry={() => void sessions.refetch()} />}
      {sessions.data && (
        <SessionRows
          label={t('sessions')}
          sessions={sessions.data.items}
          current={me.session}
          onEnd={(s) => ask([s])}
        />
      )}
      <ConfirmDialog
        open={open}
        title={t(one ? 'endTitle' : 'endAllTitle')}
        verb={one ? t('end') : t('endAll', { count: asked.length })}
        danger
        busy={end.isPending}
        error={end.error}
        onConfirm={() => end.mutate(asked)}
        onClose={() => setOpen(false)}
      >
        {one
          ? t('endText', { device: deviceOf(one.user_agent) || t('unknownDevice'), address: one.address })
          : t('endAllText')}
      </ConfirmDialog>
    </Section>
  );
}
