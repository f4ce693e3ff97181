import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import type { Schemas } from '../../api/client';
import { useCodeText } from '../../push/codes';
import { CopyButton } from '../../ui/CopyButton';
import { Link } from '../../ui/Link';
import { Time } from '../../ui/Time';
import { logLink } from '../../url/log';
import { AskedAgain } from './AskedAgain';
import { useWorkersText } from './text';

type Props = { tokens: Schemas['DeadToken'][]; onForget?: (hash: string) => void };

/** Suppressed tokens, newest first. */
export function DeadTokenTable({ tokens, onForget }: Props) {
  const t = useWorkersText();
  const code = useCodeText();
  return (
    <TableContainer tabIndex={0} role="region" aria-label={t('tokens')}>
      <Table size="small">
        <TableHead>
          <TableRow>
            <TableCell>{t('tokenAt')}</TableCell>
            <TableCell>{t('tokenHash')}</TableCell>
            <TableCell>{t('tokenCode')}</TableCell>
            <TableCell>{t('tokenPush')}</TableCell>
            <TableCell>{t('tokenAsk')}</TableCell>
            {onForget && <TableCell />}
          </TableRow>
        </TableHead>
        <TableBody>
          {tokens.map((token) => (
            <TableRow key={token.hash} hover>
              <TableCell>
                <Time at={token.at} />
              </TableCell>
              <TableCell>
                <Box sx={{ display: 'flex', alignItems: 'center', gap: 0.5 }}>
                  <code>{token.hash}</code>
                  <CopyButton text={token.hash} what={token.hash} />
                </Box>
              </TableCell>
              <TableCell title={code(token.code)} sx={{ whiteSpace: 'nowrap' }}>
                {token.code}
              </TableCell>
              <TableCell>
                <Link to={logLink({ id: token.push })} className="mono">
                  {token.push}
                </Link>
              </TableCell>
              <TableCell>
                <AskedAgain token={token} />
              </TableCell>
              {onForget && (
                <TableCell align="right">
                  <Button
                    size="small"
                    aria-label={t('forgetOf', { hash: token.hash })}
                    onClick={() => onForget(token.hash)}
                  >
                    {t('forget')}
                  </Button>
                </TableCell>
              )}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
