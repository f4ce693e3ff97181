import CheckIcon from '@mui/icons-material/Check';
import CloseIcon from '@mui/icons-material/Close';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { useMe } from '../../../api/session';
import { Time } from '../../../ui/Time';
import { permissions, useAccessText } from '../access';
import { Section } from '../Section';
import { OwnSessions } from './OwnSessions';
import { PasswordForm } from './PasswordForm';
import { useAccountText } from './text';

/** Who is logged in, what they may do, their password and their sessions. */
export default function AccountTab() {
  const t = useAccountText();
  const me = useMe();
  return (
    <>
      <Box
        sx={{ display: 'grid', columnGap: 2, gridTemplateColumns: { xs: '1fr', md: '1fr 1fr' }, alignItems: 'start' }}
      >
        <Section title={t('who')}>
          <Who />
        </Section>
        <Section title={t('password')} hint={me.how === 'oidc' ? t('oidc') : t('passwordHint')}>
          {me.how === 'password' && <PasswordForm />}
        </Section>
      </Box>
      <OwnSessions />
    </>
  );
}

function Who() {
  const t = useAccountText();
  const access = useAccessText();
  const me = useMe();
  return (
    <>
      <Typography sx={{ fontSize: '1.125rem', fontWeight: 700, mb: 1 }}>{me.name}</Typography>
      <Box component="dl" sx={{ m: 0, display: 'grid', gridTemplateColumns: 'auto 1fr', columnGap: 2, rowGap: 0.75 }}>
        {me.role && <Fact name={t('role')}>{access(me.role)}</Fact>}
        {me.how && <Fact name={t('how')}>{access(me.how)}</Fact>}
        {me.ends_at && (
          <Fact name={t('endsAt')}>
            <Time at={me.ends_at} detail="minute" />
            {me.idle_minutes ? (
              <Typography component="span" variant="body2" sx={{ color: 'text.secondary', display: 'block' }}>
                {t('idle', { minutes: me.idle_minutes })}
              </Typography>
            ) : null}
          </Fact>
        )}
      </Box>
      <Typography variant="h3" sx={{ mt: 2, mb: 1 }}>
        {t('may')}
      </Typography>
      <Box component="ul" sx={{ m: 0, p: 0, listStyle: 'none', display: 'grid', gap: 0.5 }}>
        {permissions.map((p) => {
          const may = me.permissions.includes(p);
          const Icon = may ? CheckIcon : CloseIcon;
          return (
            <Box
              component="li"
              key={p}
              sx={{ display: 'flex', gap: 1, alignItems: 'center', color: may ? undefined : 'text.secondary' }}
            >
              <Icon
                titleAccess={t(may ? 'yes' : 'no')}
                sx={{ fontSize: '1.1rem', color: may ? 'success.main' : 'text.secondary' }}
              />
              {access(p)}
            </Box>
          );
        })}
      </Box>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <Typography component="dt" sx={{ color: 'text.secondary' }}>
        {name}
      </Typography>
      <Typography component="dd" sx={{ m: 0 }}>
        {children}
      </Typography>
    </>
  );
}
