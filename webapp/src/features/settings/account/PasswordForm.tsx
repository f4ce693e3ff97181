import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, sessionEnded } from '../../../api/client';
import { ApiError } from '../../../api/error';
import { login } from '../../../api/login';
import { sessionKey, useMe } from '../../../api/session';
import { ErrorText } from '../../../ui/ErrorText';
import { useToast } from '../../../ui/Toast';
import { PasswordField } from '../PasswordField';
import { isPassword } from '../password';
import { useAccountText } from './text';

const empty = { current: '', next: '', again: '' };

/** Changes one's own password. The API ends all sessions; this one is begun anew. */
export function PasswordForm() {
  const t = useAccountText();
  const me = useMe();
  const say = useToast();
  const queries = useQueryClient();
  const [typed, setTyped] = useState(empty);
  const change = api.useMutation('put', '/api/v1/session/password', {
    gcTime: 0, // it holds passwords
    onSuccess: async () => {
      const { next } = typed;
      setTyped(empty);
      change.reset();
      try {
        await login(me.name, next);
        say(t('changed'));
      } catch {
        sessionEnded();
      }
    },
    onError: (error) => {
      setTyped((now) => ({ ...now, current: '' }));
      // It may be that the session has ended: then the login is shown.
      if (error instanceof ApiError && error.status === 401) void queries.invalidateQueries({ queryKey: sessionKey });
    },
  });
  const { current, next, again } = typed;
  const wrong = next !== '' && !isPassword(next, me.name);
  const differ = again !== '' && again !== next;
  const ready = current !== '' && next !== '' && again === next && !wrong;
  return (
    <Stack
      component="form"
      sx={{ gap: 2, maxWidth: 420 }}
      onSubmit={(e) => {
        e.preventDefault();
        if (ready && !change.isPending) change.mutate({ body: { current, password: next } });
      }}
    >
      <input type="text" name="username" autoComplete="username" value={me.name} readOnly hidden />
      <PasswordField
        label={t('current')}
        value={current}
        onChange={(text) => setTyped({ ...typed, current: text })}
        autoComplete="current-password"
        required
      />
      <PasswordField
        label={t('next')}
        value={next}
        onChange={(text) => setTyped({ ...typed, next: text })}
        autoComplete="new-password"
        error={wrong}
        helperText={t('rule')}
        required
      />
      <PasswordField
        label={t('again')}
        value={again}
        onChange={(text) => setTyped({ ...typed, again: text })}
        autoComplete="new-password"
        error={differ}
        helperText={differ ? t('differ') : undefined}
        required
      />
      {change.error ? (
        <Alert severity="error">
          <Refused error={change.error} />
        </Alert>
      ) : null}
      <Button
        type="submit"
        variant="contained"
        disabled={!ready}
        loading={change.isPending}
        sx={{ alignSelf: 'flex-start' }}
      >
        {t('change')}
      </Button>
    </Stack>
  );
}

function Refused({ error }: { error: unknown }) {
  const t = useAccountText();
  if (error instanceof ApiError && error.status === 401) return t('wrong');
  if (error instanceof ApiError && error.status === 429) return t('wait', { seconds: error.retryAfter || 1 });
  return <ErrorText error={error} />;
}
