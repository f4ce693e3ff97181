import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../../api/client';
import { ConfirmDialog } from '../../../ui/ConfirmDialog';
import { useToast } from '../../../ui/Toast';
import { useUsersText } from './text';

/** Shuts a user out, or lets them in again. */
export function DisableDialog({ name, disable, onClose }: { name: string; disable: boolean; onClose: () => void }) {
  const t = useUsersText();
  const say = useToast();
  const queries = useQueryClient();
  const is = disable ? 'disable' : 'enable';
  const change = api.useMutation('put', '/api/v1/users/{name}/disabled', {
    onSuccess: () => {
      onClose();
      say(t(`${is}Done`, { name }));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['get', '/api/v1/users'] }),
  });
  return (
    <ConfirmDialog
      open
      title={t(`${is}Title`, { name })}
      verb={t(`${is}Verb`)}
      danger={disable}
      reason="optional"
      busy={change.isPending}
      error={change.error}
      onConfirm={(reason) =>
        change.mutate({ params: { path: { name } }, body: { disabled: disable, ...(reason && { reason }) } })
      }
      onClose={onClose}
    >
      <Typography>{t(`${is}Text`)}</Typography>
      {disable && <Owned name={name} />}
    </ConfirmDialog>
  );
}

/** What stops with a user: it can be given to somebody else before. */
function Owned({ name }: { name: string }) {
  const t = useUsersText();
  const tokens = api.useQuery('get', '/api/v1/api-tokens');
  const names = (tokens.data?.items ?? []).filter((one) => one.owner === name && !one.expired).map((one) => one.name);
  if (names.length === 0) return null;
  return (
    <Alert severity="warning" sx={{ mt: 2 }}>
      {t('stops', { n: names.length })}
      <Box component="ul" sx={{ m: 0, pl: 2.5, maxHeight: 160, overflowY: 'auto', overflowWrap: 'anywhere' }}>
        {names.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </Box>
      {t('stopsHint')}
    </Alert>
  );
}
