import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, type Schemas } from '../../../api/client';
import { sessionKey } from '../../../api/session';
import { ConfirmDialog } from '../../../ui/ConfirmDialog';
import { useToast } from '../../../ui/Toast';
import { RoleFields } from './RoleFields';
import { useUsersText } from './text';

type Props = {
  user: Schemas['User'];
  /** Why the role stays as it is; undefined if it may change. */
  locked: string | undefined;
  own: boolean;
  onClose: () => void;
};

/** Gives a user another role, or the grant to reveal. */
export function RoleDialog({ user, locked, own, onClose }: Props) {
  const t = useUsersText();
  const say = useToast();
  const queries = useQueryClient();
  const [value, setValue] = useState({ role: user.role, reveal: user.reveal });
  const { name } = user;
  const change = api.useMutation('put', '/api/v1/users/{name}/role', {
    onSuccess: () => {
      onClose();
      say(t('roleDone', { name }));
      if (own) void queries.invalidateQueries({ queryKey: sessionKey });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['get', '/api/v1/users'] }),
  });
  return (
    <ConfirmDialog
      open
      title={t('roleTitle', { name })}
      verb={t('roleVerb')}
      reason="optional"
      disabled={value.role === user.role && value.reveal === user.reveal}
      busy={change.isPending}
      error={change.error}
      onConfirm={(reason) =>
        change.mutate({ params: { path: { name } }, body: { ...value, ...(reason && { reason }) } })
      }
      onClose={onClose}
    >
      <RoleFields value={value} onChange={setValue} locked={locked} />
    </ConfirmDialog>
  );
}
