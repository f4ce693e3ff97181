import BlockIcon from '@mui/icons-material/Block';
import CheckIcon from '@mui/icons-material/CheckCircleOutlined';
import VisibilityIcon from '@mui/icons-material/VisibilityOutlined';
import Box from '@mui/material/Box';
import Chip from '@mui/material/Chip';
import Typography from '@mui/material/Typography';
import type { Schemas } from '../../../api/client';
import { Time } from '../../../ui/Time';
import { useAccessText } from '../access';
import { Rows } from '../Rows';
import { useSettingsText } from '../text';
import { actionsOn, type UserAction } from './rules';
import { useUsersText } from './text';
import { UserMenu } from './UserMenu';

type User = Schemas['User'];

type Props = {
  users: User[];
  /** Those of them that are shown. */
  shown: User[];
  me: string;
  onAction: (user: User, action: UserAction) => void;
};

/** Users, and what can be done with them. */
export function UserRows({ users, shown, me, onAction }: Props) {
  const t = useUsersText();
  const settings = useSettingsText();
  const access = useAccessText();
  return (
    <Rows
      label={t('title')}
      rows={shown}
      idOf={(u) => u.name}
      dim={(u) => u.disabled}
      columns={[
        {
          name: 'name',
          label: settings('name'),
          cell: (u) => (
            <Box component="span" sx={{ fontWeight: 600, display: 'inline-flex', gap: 1, alignItems: 'center' }}>
              {u.name}
              {u.name === me && <Chip size="small" label={t('you')} variant="outlined" />}
            </Box>
          ),
        },
        { name: 'role', label: t('role'), cell: (u) => access(u.role) },
        {
          name: 'reveal',
          label: t('reveal'),
          cell: (u) =>
            u.reveal ? (
              <Marked icon={VisibilityIcon} colour="warning.main" text={t('revealOn')} />
            ) : (
              <Box component="span" sx={{ color: 'text.secondary' }}>
                {t('revealOff')}
              </Box>
            ),
        },
        {
          name: 'state',
          label: t('state'),
          cell: (u) =>
            u.disabled ? (
              <Marked icon={BlockIcon} colour="text.secondary" text={t('disabled')} />
            ) : (
              <Marked icon={CheckIcon} colour="success.main" text={t('enabled')} />
            ),
        },
        { name: 'how', label: t('how'), cell: (u) => access(u.how) },
        {
          name: 'login',
          label: t('login'),
          cell: (u) =>
            u.login_at ? (
              <>
                <Time at={u.login_at} detail="minute" />
                {u.login_from && (
                  <Typography component="span" variant="caption" sx={{ display: 'block', color: 'text.secondary' }}>
                    {t('loginFrom', { address: u.login_from })}
                  </Typography>
                )}
              </>
            ) : (
              settings('never')
            ),
        },
        {
          name: 'created',
          label: settings('createdAt'),
          cell: (u) => (
            <>
              <Time at={u.created_at} detail="date" />
              <Typography component="span" variant="caption" sx={{ display: 'block', color: 'text.secondary' }}>
                {u.created_by}
              </Typography>
            </>
          ),
        },
      ]}
      actions={(u) => (
        <UserMenu name={u.name} actions={actionsOn(u, users, me)} onAction={(action) => onAction(u, action)} />
      )}
    />
  );
}

function Marked({ icon: Icon, colour, text }: { icon: typeof BlockIcon; colour: string; text: string }) {
  return (
    <Box component="span" sx={{ display: 'inline-flex', gap: 0.5, alignItems: 'center', whiteSpace: 'nowrap' }}>
      <Icon sx={{ fontSize: '1.05rem', color: colour }} />
      {text}
    </Box>
  );
}
