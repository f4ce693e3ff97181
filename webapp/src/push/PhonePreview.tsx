import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { texts } from '../i18n/texts';
import { Mark } from '../ui/Mark';

const usePhoneText = texts(
  'phone',
  { label: '휴대폰에 보이는 모습', now: '지금', app: '앱' },
  { label: 'As a phone shows it', now: 'now', app: 'App' },
);

/** A notification about as a phone shows it. Title and body are text, whatever they hold. */
export function PhonePreview({ title, body, app }: { title: string; body: string; app?: string }) {
  const t = usePhoneText();
  return (
    <Box role="group" aria-label={t('label')} sx={{ p: 1.5, borderRadius: 3, bgcolor: 'action.hover' }}>
      <Box
        sx={{
          bgcolor: 'background.paper',
          borderRadius: 2.5,
          p: 1.5,
          boxShadow: 1,
          display: 'grid',
          gridTemplateColumns: 'auto 1fr',
          columnGap: 1.25,
        }}
      >
        <Mark size={34} />
        <Box sx={{ minWidth: 0 }}>
          <Typography
            variant="caption"
            component="div"
            sx={{ color: 'text.secondary', display: 'flex', justifyContent: 'space-between' }}
          >
            <span>{app || t('app')}</span>
            <span>{t('now')}</span>
          </Typography>
          {title && (
            <Typography
              component="div"
              dir="auto"
              sx={{
                fontWeight: 700,
                overflow: 'hidden',
                display: '-webkit-box',
                WebkitLineClamp: 2,
                WebkitBoxOrient: 'vertical',
              }}
            >
              {title}
            </Typography>
          )}
          {body && (
            <Typography
              component="div"
              dir="auto"
              variant="body2"
              sx={{
                whiteSpace: 'pre-wrap',
                overflow: 'hidden',
                display: '-webkit-box',
                WebkitLineClamp: 6,
                WebkitBoxOrient: 'vertical',
              }}
            >
              {body}
            </Typography>
          )}
        </Box>
      </Box>
    </Box>
  );
}
