import { useState } from 'react';
import { api } from '../../../api/client';
import { AddDialog } from '../AddDialog';
import { isPassword, makePassword } from '../password';
import { PasswordChoice } from './PasswordChoice';
import { RoleFields, type RoleValue } from './RoleFields';
import { useUsersText } from './text';

const validName = /^[A-Za-z0-9._@-]{1,64}$/;

type Props = {
  /** Called with the password if it was made: it has to be shown. */
  onAdded: (name: string, made: string | null) => void;
  onClose: () => void;
};

/** Makes a user. It is there only as long as it is open, so that no password outlives it. */
export function AddUser({ onAdded, onClose }: Props) {
  const t = useUsersText();
  const [name, setName] = useState('');
  const [typed, setTyped] = useState<string | null>(null);
  const [role, setRole] = useState<RoleValue>({ role: 'viewer', reveal: false });
  const add = api.useMutation('post', '/api/v1/users', { gcTime: 0 }); // it holds a password
  const submit = () => {
    const made = typed === null ? makePassword() : null;
    add.mutate(
      { body: { name, password: made ?? typed ?? '', ...role } },
      { onSuccess: (user) => onAdded(user.name, made) },
    );
  };
  return (
    <AddDialog
      title={t('add')}
      width="sm"
      name={name}
      onName={setName}
      nameRule={t('nameRule')}
      validName={validName}
      ready={typed === null || isPassword(typed, name)}
      busy={add.isPending}
      error={add.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <RoleFields value={role} onChange={setRole} />
      <PasswordChoice typed={typed} name={name} onChange={setTyped} />
    </AddDialog>
  );
}
