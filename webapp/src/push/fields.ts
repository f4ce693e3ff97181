import type { Schemas } from '../api/client';
import { namesOf } from '../api/names';
import { texts } from '../i18n/texts';

/** The columns of the log, in the order that its users know. */
export const columns = namesOf<Column>({
  sndn_rsev_hour: true,
  csno: true,
  uuid_id: true,
  device_id: true,
  msg_title: true,
  msg_contents: true,
  D_servicename: true,
  push_grp_id: true,
  cust_telno: true,
  fcm_send_yn: true,
  fcm_send_time: true,
  result: true,
});
export type Column = Schemas['SearchColumn'];

/** Columns that can be searched: all of them. The first is the one that is asked for most. */
export const searchColumns: Column[] = ['csno', ...columns.filter((c) => c !== 'csno')];
export type SearchColumn = Column;

/** Fields that hold personal data: never in a URL, and masked. */
export const personal: readonly string[] = namesOf<Schemas['PersonalField']>({
  csno: true,
  uuid_id: true,
  device_id: true,
  cust_telno: true,
  msg_title: true,
  msg_contents: true,
});

/** Names of fields. */
export const useFieldText = texts(
  'fields',
  {
    id: '푸시 ID',
    status: '상태',
    accepted_at: '접수 시각',
    expires_at: '만료 시각',
    sndn_rsev_hour: '발송 예약 시각',
    csno: '고객번호',
    uuid_id: 'UUID',
    device_id: '기기 토큰',
    msg_title: '제목',
    msg_contents: '내용',
    D_servicename: '서비스명',
    push_grp_id: '푸시 그룹',
    cust_telno: '전화번호',
    fcm_send_yn: '발송 여부',
    fcm_send_time: 'FCM 발송 시각',
    result: '결과',
    error_code: '오류 코드',
    attempts: '시도 횟수',
    deliveries: '배정 횟수',
    consumer: '처리 프로세스',
    api_key: 'API 키',
    priority: '우선순위',
    ttl: '유효 시간(초)',
    data: '데이터',
    raw: '원본 필드',
    due_at: '발송 예정',
    urgent: '긴급',
    normal: '보통',
  },
  {
    id: 'Push id',
    status: 'Status',
    accepted_at: 'Accepted at',
    expires_at: 'Expires at',
    sndn_rsev_hour: 'Scheduled at',
    csno: 'Customer no.',
    uuid_id: 'UUID',
    device_id: 'Device token',
    msg_title: 'Title',
    msg_contents: 'Body',
    D_servicename: 'Service',
    push_grp_id: 'Push group',
    cust_telno: 'Phone',
    fcm_send_yn: 'Sent',
    fcm_send_time: 'FCM sent at',
    result: 'Result',
    error_code: 'Error code',
    attempts: 'Attempts',
    deliveries: 'Deliveries',
    consumer: 'Consumer',
    api_key: 'API key',
    priority: 'Priority',
    ttl: 'Lifetime (s)',
    data: 'Data',
    raw: 'Raw fields',
    due_at: 'Due at',
    urgent: 'Urgent',
    normal: 'Normal',
  },
);
