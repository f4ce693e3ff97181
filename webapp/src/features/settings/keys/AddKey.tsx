import { useState } from 'react';
import { api, type Schemas } from '../../../api/client';
import { AddDialog } from '../AddDialog';
import { useKeysText } from './text';

const validName = /^[A-Za-z0-9._-]{1,64}$/;

/** Makes a key. It is there only as long as it is open, so that no secret outlives it. */
export function AddKey({ onAdded, onClose }: { onAdded: (made: Schemas['SecretOnce']) => void; onClose: () => void }) {
  const t = useKeysText();
  const [name, setName] = useState('');
  const add = api.useMutation('post', '/api/v1/keys', { gcTime: 0 }); // it holds the secret
  return (
    <AddDialog
      title={t('add')}
      width="xs"
      name={name}
      onName={setName}
      nameRule={t('nameRule')}
      validName={validName}
      busy={add.isPending}
      error={add.error}
      onSubmit={() => add.mutate({ body: { name } }, { onSuccess: onAdded })}
      onClose={onClose}
    />
  );
}
