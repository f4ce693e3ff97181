import type { Schemas } from '../../api/client';
import { reservedOf } from '../../time/reserve';

export type Job = Schemas['Job'];

export type Row = { id: number; key: string; value: string };

/** The form, as it is typed. */
export type Draft = {
  id: string;
  device_id: string;
  msg_title: string;
  msg_contents: string;
  D_servicename: string;
  push_grp_id: string;
  csno: string;
  uuid_id: string;
  cust_telno: string;
  priority: 'normal' | 'urgent';
  ttl: string;
  later: boolean;
  /** In ms, if it is to be sent later. */
  at: number | null;
  data: Row[];
};

export const emptyDraft: Draft = {
  id: '',
  device_id: '',
  msg_title: '',
  msg_contents: '',
  D_servicename: '',
  push_grp_id: '',
  csno: '',
  uuid_id: '',
  cust_telno: '',
  priority: 'normal',
  ttl: '',
  later: false,
  at: null,
  data: [],
};

/** Texts of the form that go into the job as they are. */
export const textFields = [
  'id',
  'device_id',
  'msg_title',
  'msg_contents',
  'D_servicename',
  'push_grp_id',
  'csno',
  'uuid_id',
  'cust_telno',
] as const;
export type TextField = (typeof textFields)[number];

/** Fields at which a fault is shown. */
export const fields = [...textFields, 'priority', 'ttl', 'sndn_rsev_hour', 'data'] as const;
export type Field = (typeof fields)[number];

/** Full-width digits are digits, as the API has it. */
const ttlOf = (draft: Draft) => draft.ttl.normalize('NFKC').trim();

/** The job that a form means; what is empty is left out, or null. */
export function jobOf(draft: Draft, zone: string): Job {
  const ttl = ttlOf(draft);
  const job: Job = {
    device_id: draft.device_id.trim(),
    priority: draft.priority,
    ttl: ttl === '' ? null : Number(ttl),
  };
  for (const field of textFields) {
    const text = field === 'msg_title' || field === 'msg_contents' ? draft[field] : draft[field].trim();
    if (text !== '') job[field] = text;
  }
  const rows = draft.data.filter((row) => row.key !== '' || row.value !== '');
  if (rows.length > 0) job.data = Object.fromEntries(rows.map((row) => [row.key, row.value]));
  if (draft.later && draft.at !== null) job.sndn_rsev_hour = reservedOf(draft.at, zone);
  return job;
}

/** FCM's limit. */
export const maxBytes = 4096;
/** The key by which pushstream sends the id along, and how long an id is that it gives itself. */
const idKey = 'msg_id';
const newId = 36;

const size = (text: string) => new TextEncoder().encode(text).length;
/** Title and body are sent in NFC: Hangul in pieces, from a Mac, is counted whole. */
const text = (given?: string | null) => size((given ?? '').normalize('NFC'));

/** The size of a message as FCM counts it: title, body and data, with the msg_id that pushstream adds. */
export function bytesOf(job: Pick<Job, 'id' | 'msg_title' | 'msg_contents' | 'data'>): number {
  const data = Object.entries(job.data ?? {}).reduce((sum, [key, value]) => sum + size(key) + size(value), 0);
  return text(job.msg_title) + text(job.msg_contents) + size(idKey) + (size(job.id ?? '') || newId) + data;
}

export type Fault = { field: Field; message: string };

const mostTtl = 2_419_200;

/** What is wrong with a form that its job would not show any more; in the API's words. */
export function faultsOf(draft: Draft): Fault[] {
  const faults: Fault[] = [];
  const ttl = ttlOf(draft);
  if (ttl !== '' && (!/^\d+$/.test(ttl) || Number(ttl) < 1 || Number(ttl) > mostTtl))
    faults.push({ field: 'ttl', message: `must be 1 to ${mostTtl} seconds` });
  if (draft.later && draft.at === null) faults.push({ field: 'sndn_rsev_hour', message: 'is required' });
  const keys = draft.data.filter((row) => row.key !== '' || row.value !== '').map((row) => row.key);
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) faults.push({ field: 'data', message: `key "${twice}" is given twice` });
  return faults;
}
