import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import type { Schemas } from '../../api/client';
import { type Code, hopeless, useCodeText } from '../../push/codes';
import { Link } from '../../ui/Link';
import { Time } from '../../ui/Time';
import { logLink } from '../../url/log';
import { chosenPeriod, useFailedState } from './state';
import { useFailedText } from './text';

/** What an error code means and what helps, how often it came and since when, and what can be done. */
export function GroupHead({
  code,
  group,
  children,
}: {
  code: Code;
  group?: Schemas['CodeCount'];
  children: ReactNode;
}) {
  const t = useFailedText();
  const meaning = useCodeText();
  const [state] = useFailedState();
  return (
    <Paper variant="outlined" sx={{ p: 2, mb: 1 }}>
      <Stack
        direction="row"
        sx={{ gap: 2, justifyContent: 'space-between', flexWrap: 'wrap', alignItems: 'flex-start' }}
      >
        <Box sx={{ minWidth: 0, flex: '1 1 320px' }}>
          <Typography variant="h2" id="group" className="mono">
            {code}
          </Typography>
          <Typography sx={{ mt: 0.5 }}>{meaning(code)}</Typography>
          <Typography sx={{ color: hopeless.includes(code) ? 'warning.main' : 'text.secondary' }}>
            {meaning(`${code}.do`)}
          </Typography>
          {code === 'INVALID_JOB' && <Typography sx={{ color: 'text.secondary' }}>{t('unsendable')}</Typography>}
          {group && (
            <Stack
              direction="row"
              sx={{ mt: 1, columnGap: 2, flexWrap: 'wrap', color: 'text.secondary', fontSize: '0.8125rem' }}
            >
              <Link to={logLink({ status: ['failed'], code, ...chosenPeriod(state) })} sx={{ fontWeight: 600 }}>
                {t('showLog', { n: group.count })}
              </Link>
              <span title={t('firstHelp')}>
                {t('first')} <Time at={group.first} />
              </span>
              <span title={t('lastHelp')}>
                {t('last')} <Time at={group.last} />
              </span>
            </Stack>
          )}
        </Box>
        {children}
      </Stack>
    </Paper>
  );
}
