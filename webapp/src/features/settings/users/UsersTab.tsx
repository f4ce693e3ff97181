import AddIcon from '@mui/icons-material/PersonAddOutlined';
import Button from '@mui/material/Button';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useQueryClient } from '@tanstack/react-query';
import { useQueryState } from 'nuqs';
import { useState } from 'react';
import { api, type Schemas } from '../../../api/client';
import { useMe } from '../../../api/session';
import { Empty } from '../../../ui/Empty';
import { ErrorNotice } from '../../../ui/ErrorNotice';
import { SettledField } from '../../../ui/SettledField';
import { useToast } from '../../../ui/Toast';
import { parseAsText } from '../../../url/params';
import { SecretOnce } from '../SecretOnce';
import { Section } from '../Section';
import { useSettingsText } from '../text';
import { AddUser } from './AddUser';
import { DisableDialog } from './DisableDialog';
import { PasswordDialog } from './PasswordDialog';
import { RoleDialog } from './RoleDialog';
import { isLastAdmin, type UserAction } from './rules';
import { useUsersText } from './text';
import { UserRows } from './UserRows';
import { UserSessions } from './UserSessions';

type User = Schemas['User'];

/** Who may log in, and as what. */
export default function UsersTab() {
  const t = useUsersText();
  const settings = useSettingsText();
  const me = useMe();
  const say = useToast();
  const queries = useQueryClient();
  const [q, setQ] = useQueryState('q', parseAsText(64));
  const [adding, setAdding] = useState(false);
  const [asked, setAsked] = useState<{ user: User; action: UserAction } | null>(null);
  const [made, setMade] = useState<{ name: string; password: string } | null>(null);
  const query = api.useQuery('get', '/api/v1/users');
  const users = query.data?.items ?? [];
  const shown = q ? users.filter((u) => u.name.includes(q.toLowerCase())) : users;
  const close = () => setAsked(null);
  const lockedOf = (user: User) =>
    user.name === me.name ? t('roleSelf') : isLastAdmin(user, users) ? t('lastAdmin') : undefined;
  return (
    <Section
      plain
      title={t('title')}
      hint={t('hint')}
      actions={
        <>
          <SettledField
            type="search"
            label={t('search')}
            value={q ?? ''}
            sx={{ width: 200 }}
            onChange={(text) => void setQ(text || null)}
          />
          <Button variant="contained" startIcon={<AddIcon />} onClick={() => setAdding(true)}>
            {t('add')}
          </Button>
        </>
      }
    >
      {query.isPending && <Skeleton variant="rounded" height={280} />}
      {query.error && !query.data && <ErrorNotice error={query.error} retry={() => void query.refetch()} />}
      {shown.length > 0 && (
        <UserRows users={users} shown={shown} me={me.name} onAction={(user, action) => setAsked({ user, action })} />
      )}
      {query.data && shown.length === 0 && (
        <Empty
          title={settings('noMatch')}
          action={<Button onClick={() => void setQ(null)}>{settings('clear')}</Button>}
        />
      )}
      {query.data && !q && users.length === 1 && <Empty title={t('noOther')} hint={t('noOtherHint')} />}
      {adding && (
        <AddUser
          onClose={() => setAdding(false)}
          onAdded={(name, password) => {
            setAdding(false);
            void queries.invalidateQueries({ queryKey: ['get', '/api/v1/users'] });
            if (password) setMade({ name, password });
            else say(t('added', { name }));
          }}
        />
      )}
      {asked?.action === 'role' && (
        <RoleDialog user={asked.user} locked={lockedOf(asked.user)} own={asked.user.name === me.name} onClose={close} />
      )}
      {asked?.action === 'password' && (
        <PasswordDialog
          name={asked.user.name}
          onMade={(name, password) => setMade({ name, password })}
          onClose={close}
        />
      )}
      {(asked?.action === 'disable' || asked?.action === 'enable') && (
        <DisableDialog name={asked.user.name} disable={asked.action === 'disable'} onClose={close} />
      )}
      {asked?.action === 'sessions' && <UserSessions name={asked.user.name} onClose={close} />}
      {made && (
        <SecretOnce
          title={t('secretTitle', { name: made.name })}
          what={t('passwordIs')}
          secret={made.password}
          onClose={() => setMade(null)}
        >
          <Typography variant="body2">{t('secretText')}</Typography>
        </SecretOnce>
      )}
    </Section>
  );
}
