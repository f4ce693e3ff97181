import { ApiError } from '../../api/error';
import type { T } from '../../i18n/texts';
import { type Fault, fields } from './job';

type FaultKey =
  | 'fault.required'
  | 'fault.text'
  | 'fault.long'
  | 'fault.longBytes'
  | 'fault.control'
  | 'fault.space'
  | 'fault.id'
  | 'fault.noTime'
  | 'fault.ttl'
  | 'fault.size'
  | 'fault.reserved'
  | 'fault.own'
  | 'fault.emptyKey'
  | 'fault.twice';

/** What internal/push says of a job, and the texts that say the same. */
const known: [RegExp, FaultKey, ...string[]][] = [
  [/^is required$/, 'fault.required'],
  [/^msg_title or msg_contents is required$/, 'fault.text'],
  [/^is longer than (\d+) characters$/, 'fault.long', 'n'],
  [/^is longer than (\d+) bytes$/, 'fault.longBytes', 'n'],
  [/^has a control character$/, 'fault.control'],
  [/^has a space or a control character$/, 'fault.space'],
  [/^must be 1 to (\d+) characters of /, 'fault.id', 'n'],
  [/^no such date or time$/, 'fault.noTime'],
  [/^must be (?:a whole number of seconds, )?1 to (\d+)(?: seconds)?$/, 'fault.ttl', 'n'],
  [/together are (\d+) bytes with msg_id, FCM takes (\d+)$/, 'fault.size', 'n', 'max'],
  [/^key "(.*)" is reserved by FCM$/, 'fault.reserved', 'key'],
  [/^key "(.*)" is set by pushstream$/, 'fault.own', 'key'],
  [/^has an empty key$/, 'fault.emptyKey'],
  [/^key "(.*)" is given twice$/, 'fault.twice', 'key'],
];

/** A fault in the reader's language; as the API has it if it is none that is known. */
export function faultText(t: T<FaultKey>, message: string): string {
  for (const [pattern, key, ...names] of known) {
    const found = pattern.exec(message);
    if (!found) continue;
    return t(
      key,
      Object.fromEntries(names.map((name, i) => [name, name === 'key' ? (found[i + 1] ?? '') : Number(found[i + 1])])),
    );
  }
  return message;
}

/** The faults of an answer, at their fields; and those that have none. */
export function splitFaults(error: unknown): { faults: Fault[]; rest: string[] } {
  const all = error instanceof ApiError && error.status === 422 ? error.faults : [];
  const faults: Fault[] = [];
  const rest: string[] = [];
  for (const { field, message } of all) {
    const at = fields.find((f) => f === field);
    // Several faults of the data come in one text.
    if (at)
      for (const one of at === 'data' ? message.split(/, (?=key |has |is )/) : [message])
        faults.push({ field: at, message: one });
    else rest.push(field ? `${field}: ${message}` : message);
  }
  return { faults, rest };
}

/** The form's own faults, and those of the API at fields of which the form says nothing itself. */
export function mergeFaults(own: Fault[], told: Fault[]): Fault[] {
  const said = new Set(own.map((f) => f.field));
  return [...own, ...told.filter((f) => !said.has(f.field))];
}
