import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import type { Schemas } from '../api/client';
import { texts } from '../i18n/texts';
import { useNow } from '../live/useNow';
import { formatAge } from '../time/format';
import { Time } from '../ui/Time';

export type Hold = Schemas['Hold'];

export const useHoldText = texts(
  'holds',
  {
    quota: 'FCM 발송 한도를 초과하여 발송을 보류했습니다',
    outage: 'FCM이 응답하지 않아 발송을 보류했습니다',
    credential: '서비스 계정 키가 거부되어 발송을 보류했습니다',
    permission: '발송 권한이 없어 발송을 보류했습니다',
    mismatch: '다른 프로젝트의 토큰이라는 응답이 이어져 발송을 보류했습니다',
    unregistered: '거의 모든 토큰이 무효라는 응답이 와서 발송을 보류했습니다',
    'quota.mend':
      'FCM이 알려 준 시각에 자동으로 재개됩니다. 자주 발생하면 FCM_RATE를 낮추거나 Google에 한도 증설을 요청하세요.',
    'outage.mend': 'FCM이 다시 응답하면 자동으로 재개됩니다. Firebase 상태 페이지와 네트워크, 프록시를 확인하세요.',
    'credential.mend':
      '서비스 계정 키를 수정하거나, 유효한 키(GOOGLE_APPLICATION_CREDENTIALS)로 모든 consumer를 다시 시작하세요.',
    'permission.mend':
      'Firebase Cloud Messaging API(V1)를 켜고, 서비스 계정에 발송 권한을 부여하고, FCM_PROJECT_ID를 확인하세요.',
    'mismatch.mend':
      'FCM_PROJECT_ID와 서비스 계정 키를 확인하세요. FCM이 한 건이라도 접수하면 자동으로 재개됩니다. 이 응답으로는 토큰이 무효 토큰 목록에 오르지 않습니다.',
    'unregistered.mend':
      'FCM_PROJECT_ID와 Firebase 상태 페이지를 확인하세요. FCM이 한 건이라도 접수하면 자동으로 재개됩니다. 토큰이 실제로 무효라면 보류를 해제하세요. 해제 후 10분 동안은 FCM의 응답을 그대로 반영합니다.',
    evidence: '확인한 프로세스 {{workers}} · 토큰 {{n}}개',
    safe: '푸시는 대기열에 안전하게 보관되며 시도 횟수도 줄지 않습니다.',
    since: '시작',
    until: '종료 예정',
    probe: '다음 확인 발송',
    ago: '{{span}} 전',
    ahead: '{{span}} 후',
    soon: '곧',
    late: '{{span}} 지남. 실행 중인 프로세스가 있어야 확인합니다',
    project: '프로젝트',
    answer: 'FCM 응답',
  },
  {
    quota: 'Sending is held: the FCM quota was exceeded',
    outage: 'Sending is held: FCM does not answer',
    credential: 'Sending is held: FCM refuses the service account key',
    permission: 'Sending is held: the service account has no permission to send',
    mismatch: 'Sending is held: FCM answers SENDER_ID_MISMATCH for many tokens',
    unregistered: 'Sending is held: FCM answers UNREGISTERED for nearly every token',
    'quota.mend':
      'It resumes by itself at the time that FCM gave. If it happens often, lower FCM_RATE, or ask Google for more quota.',
    'outage.mend':
      'It resumes by itself when FCM answers again. Check the Firebase status page, the network and the proxy.',
    'credential.mend':
      'Correct the service account, or restart all consumers with a valid key (GOOGLE_APPLICATION_CREDENTIALS).',
    'permission.mend':
      'Enable the Firebase Cloud Messaging API (V1), grant the service account the permission to send, and check FCM_PROJECT_ID.',
    'mismatch.mend':
      'Check FCM_PROJECT_ID and the service account. It resumes by itself when FCM accepts a push. No token is suppressed because of it.',
    'unregistered.mend':
      'Check FCM_PROJECT_ID and the Firebase status page. It resumes by itself when FCM accepts a push. If the tokens are really invalid, end the hold: for 10 minutes the answers of FCM then count as they are.',
    evidence: 'Seen by {{workers}} · {{n}} tokens',
    safe: 'Pushes wait safely in the backlog, and no attempt is used up.',
    since: 'Since',
    until: 'Ends at',
    probe: 'Next probe at',
    ago: '{{span}} ago',
    ahead: 'in {{span}}',
    soon: 'now',
    late: '{{span}} overdue: probing needs a running process',
    project: 'Project',
    answer: "FCM's answer",
  },
);

/** How long a probe may be overdue before it is told, in ms. */
const patience = 15_000;

/** Why nothing is sent, since when, and when it goes on. */
export function HoldNotice({ hold, action }: { hold: Hold; action?: ReactNode }) {
  const t = useHoldText();
  const now = useNow();
  const next = hold.until ?? hold.probe_at;
  const ahead = next ? Date.parse(next) - now : 0;
  const when = (ms: number) => {
    if (ms > 0) return t('ahead', { span: formatAge(ms) });
    return ms > -patience ? t('soon') : t('late', { span: formatAge(-ms) });
  };
  return (
    <Alert
      severity="error"
      variant="outlined"
      sx={{ bgcolor: 'background.paper', '& .MuiAlert-message': { flex: 1, minWidth: 0 } }}
    >
      <Box sx={{ display: 'flex', flexDirection: { xs: 'column', sm: 'row' }, alignItems: { sm: 'center' }, gap: 1 }}>
        <Box sx={{ flex: 1, minWidth: 0 }}>
          <Typography sx={{ fontWeight: 700 }}>{t(hold.reason)}</Typography>
          <Typography variant="body2">
            {t('since')} <Time at={hold.since} /> ({t('ago', { span: formatAge(now - Date.parse(hold.since)) })})
            {next && (
              <>
                {' · '}
                {t(hold.until ? 'until' : 'probe')} <Time at={next} /> ({when(ahead)})
              </>
            )}
          </Typography>
          <Typography variant="body2" sx={{ mt: 0.5 }}>
            {t(`${hold.reason}.mend`)} {t('safe')}
          </Typography>
          <Typography variant="body2" sx={{ mt: 0.5, color: 'text.secondary' }}>
            {t('project')} <code>{hold.project}</code> · {t('answer')} <code>{hold.code}</code>
            {hold.detail && <span lang="en"> {hold.detail}</span>}
            {hold.workers.length > 0 && <> · {t('evidence', { workers: hold.workers.join(', '), n: hold.tokens })}</>}
          </Typography>
        </Box>
        {action && <Box sx={{ flexShrink: 0, ml: { xs: -0.75, sm: 0 } }}>{action}</Box>}
      </Box>
    </Alert>
  );
}
