import VisibilityOffIcon from '@mui/icons-material/VisibilityOffOutlined';
import VisibilityIcon from '@mui/icons-material/VisibilityOutlined';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Divider from '@mui/material/Divider';
import IconButton from '@mui/material/IconButton';
import InputAdornment from '@mui/material/InputAdornment';
import Paper from '@mui/material/Paper';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, home } from '../../api/client';
import { ApiError } from '../../api/error';
import { login } from '../../api/login';
import { ErrorText } from '../../ui/ErrorText';
import { Mark } from '../../ui/Mark';
import { LanguageSwitch } from '../../ui/switches';
import { useLoginText } from './text';

/** The login, in place of the page that was asked for. ended is who was logged in until now. */
export default function LoginPage({ ended }: { ended: string | null }) {
  const t = useLoginText();
  const [name, setName] = useState(ended ?? '');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const ways = api.useQuery('get', '/api/v1/login');
  const tried = useMutation({ mutationFn: () => login(name, password), onError: () => setPassword('') });
  useEffect(() => {
    document.title = `${t('title')} · pushstream`;
  }, [t]);
  return (
    <Box component="main" sx={{ minHeight: '100vh', display: 'grid', placeItems: 'center', p: 2 }}>
      <Paper variant="outlined" sx={{ width: '100%', maxWidth: 400, p: { xs: 3, sm: 4 } }}>
        <Stack direction="row" sx={{ alignItems: 'center', gap: 1.5, mb: 3 }}>
          <Mark size={40} />
          <Box>
            <Typography variant="h1">pushstream</Typography>
            <Typography variant="body2" sx={{ color: 'text.secondary' }}>
              {t('tagline')}
            </Typography>
          </Box>
        </Stack>
        <Stack
          component="form"
          sx={{ gap: 2 }}
          onSubmit={(e) => {
            e.preventDefault();
            if (name && password && !tried.isPending) tried.mutate();
          }}
        >
          {ended !== null && !tried.error && <Alert severity="info">{t('ended')}</Alert>}
          {tried.error && (
            <Alert severity="error">
              <LoginError error={tried.error} />
            </Alert>
          )}
          <TextField
            label={t('name')}
            value={name}
            onChange={(e) => setName(e.target.value)}
            autoComplete="username"
            autoFocus={!ended}
            required
            slotProps={{ htmlInput: { maxLength: 64, autoCapitalize: 'none', spellCheck: false } }}
          />
          <TextField
            label={t('password')}
            type={shown ? 'text' : 'password'}
            value={password}
            onChange={(e) => setPassword(e.target.value)}
            autoComplete="current-password"
            autoFocus={Boolean(ended)}
            required
            slotProps={{
              htmlInput: { maxLength: 256 },
              input: {
                endAdornment: (
                  <InputAdornment position="end">
                    <IconButton
                      edge="end"
                      aria-label={t(shown ? 'hide' : 'show')}
                      aria-pressed={shown}
                      onClick={() => setShown(!shown)}
                    >
                      {shown ? <VisibilityOffIcon /> : <VisibilityIcon />}
                    </IconButton>
                  </InputAdornment>
                ),
              },
            }}
          />
          <Button
            type="submit"
            variant="contained"
            size="large"
            loading={tried.isPending}
            disabled={!name || !password}
          >
            {t('login')}
          </Button>
          {ways.data?.oidc && (
            <>
              <Divider>{t('or')}</Divider>
              <Button variant="outlined" size="large" href={`${home}/api/v1/oidc/start`}>
                {t('oidc')}
              </Button>
            </>
          )}
        </Stack>
        <Box sx={{ mt: 3, display: 'flex', justifyContent: 'center' }}>
          <LanguageSwitch />
        </Box>
      </Paper>
    </Box>
  );
}

function LoginError({ error }: { error: unknown }) {
  const t = useLoginText();
  if (error instanceof ApiError && error.status === 401) return t('wrong');
  if (error instanceof ApiError && error.status === 429) return t('wait', { seconds: error.retryAfter || 1 });
  return <ErrorText error={error} />;
}
