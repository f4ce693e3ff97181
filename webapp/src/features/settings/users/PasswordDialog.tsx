import Typography from '@mui/material/Typography';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../api/client';
import { ConfirmDialog } from '../../../ui/ConfirmDialog';
import { useToast } from '../../../ui/Toast';
import { isPassword, makePassword } from '../password';
import { PasswordChoice } from './PasswordChoice';
import { useUsersText } from './text';

type Props = { name: string; onMade: (name: string, made: string) => void; onClose: () => void };

/** Gives a user another password. */
export function PasswordDialog({ name, onMade, onClose }: Props) {
  const t = useUsersText();
  const say = useToast();
  const queries = useQueryClient();
  const [typed, setTyped] = useState<string | null>(null);
  const set = api.useMutation('put', '/api/v1/users/{name}/password', {
    gcTime: 0, // it holds a password
    onSettled: () => queries.invalidateQueries({ queryKey: ['get', '/api/v1/users'] }),
  });
  const confirm = (reason: string) => {
    const made = typed === null ? makePassword() : null;
    const body = { password: made ?? typed ?? '', ...(reason && { reason }) };
    set.mutate(
      { params: { path: { name } }, body },
      {
        onSuccess: () => {
          onClose();
          if (made) onMade(name, made);
          else say(t('passwordDone', { name }));
        },
      },
    );
  };
  return (
    <ConfirmDialog
      open
      title={t('passwordTitle', { name })}
      verb={t('passwordVerb')}
      danger
      reason="optional"
      disabled={typed !== null && !isPassword(typed, name)}
      busy={set.isPending}
      error={set.error}
      onConfirm={confirm}
      onClose={onClose}
    >
      <Typography>{t('passwordText')}</Typography>
      <PasswordChoice typed={typed} name={name} onChange={setTyped} />
    </ConfirmDialog>
  );
}
