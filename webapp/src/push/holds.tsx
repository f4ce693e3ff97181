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
    quota: 'FCM 전송 한도를 넘어 발송을 멈추었습니다',
    outage: 'FCM 이 응답하지 않아 발송을 멈추었습니다',
    credential: '서비스 계정 키가 거부되어 발송을 멈추었습니다',
    permission: '전송 권한이 없어 발송을 멈추었습니다',
    mismatch: '토큰이 다른 프로젝트의 것이라는 응답이 이어져 발송을 멈추었습니다',
    unregistered: '거의 모든 토큰이 무효라는 응답이 와서 발송을 멈추었습니다',
    'quota.mend':
      'FCM 이 알려 준 시각에 저절로 이어집니다. 자주 생기면 FCM_RATE 를 낮추거나 Google 에 한도 증설을 요청하세요.',
    'outage.mend': 'FCM이 다시 응답하면 저절로 이어집니다. Firebase 상태 페이지와 네트워크, 프록시를 확인하세요.',
    'credential.mend':
      '서비스 계정 키를 바로잡거나, 유효한 키(GOOGLE_APPLICATION_CREDENTIALS)로 모든 consumer 를 다시 시작하세요.',
    'permission.mend':
      'Firebase Cloud Messaging API (V1) 을 켜고, 서비스 계정에 전송 권한을 주고, FCM_PROJECT_ID 를 확인하세요.',
    'mismatch.mend':
      'FCM_PROJECT_ID와 서비스 계정 키를 확인하세요. FCM이 한 건이라도 접수하면 저절로 이어집니다. 이 일로 토큰이 무효 토큰 목록에 오르지 않습니다.',
    'unregistered.mend':
      'FCM_PROJECT_ID와 Firebase 상태 페이지를 확인하세요. FCM이 한 건이라도 접수하면 저절로 이어집니다. 토큰이 정말 무효라면 멈춤을 해제하세요. 그 뒤 10분 동안은 FCM의 응답을 그대로 믿습니다.',
    evidence: '확인한 프로세스 {{workers}} · 토큰 {{n}}개',
    safe: '푸시는 대기열에 안전하게 쌓이며, 시도 횟수도 줄지 않습니다.',
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
    quota: "Sending is held: FCM's quota was exceeded",
    outage: 'Sending is held: FCM does not answer',
    credential: 'Sending is held: the service account key was refused',
    permission: 'Sending is held: the service account may not send',
    mismatch: "Sending is held: FCM says of one token after the other that it is another project's",
    unregistered: 'Sending is held: FCM says that nearly every token is dead',
    'quota.mend':
      'It goes on by itself when FCM said. If it happens often, lower FCM_RATE, or ask Google for more quota.',
    'outage.mend':
      'It goes on by itself when FCM answers again. Look at the Firebase status page, at the network and the proxy.',
    'credential.mend':
      'Mend the service account, or restart all consumers with a valid key (GOOGLE_APPLICATION_CREDENTIALS).',
    'permission.mend':
      'Enable the Firebase Cloud Messaging API (V1), give the service account the right to send, and check FCM_PROJECT_ID.',
    'mismatch.mend':
      'Check FCM_PROJECT_ID and the service account. It goes on by itself when FCM accepts a push. No token is suppressed for it.',
    'unregistered.mend':
      'Check FCM_PROJECT_ID and the Firebase status page. It goes on by itself when FCM accepts a push. If the tokens are really dead, end the hold: FCM is believed for 10 minutes then.',
    evidence: 'Seen by {{workers}} · {{n}} tokens',
    safe: 'Pushes wait safely in the backlog, and no try is used up.',
    since: 'Since',
    until: 'Ends at',
    probe: 'Next probe at',
    ago: '{{span}} ago',
    ahead: 'in {{span}}',
    soon: 'now',
    late: '{{span}} overdue: a process must run to probe',
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
