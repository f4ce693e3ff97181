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
  | 'fault.half'
  | 'fault.noText'
  | 'fault.noTime'
  | 'fault.ahead'
  | 'fault.back'
  | 'fault.ttl'
  | 'fault.size'
  | 'fault.reserved'
  | 'fault.own'
  | 'fault.nul'
  | 'fault.halfKey'
  | 'fault.emptyKey'
  | 'fault.twice';

/** What internal/push says of a job, and the texts that say the same. */
const known: [RegExp, FaultKey, ...string[]][] = [
  [/^is required$/, 'fault.required'],
  [/^msg_title or msg_contents is required\b/, 'fault.text'],
  [/^is longer than (\d+) characters$/, 'fault.long', 'n'],
  [/^is longer than (\d+) bytes$/, 'fault.longBytes', 'n'],
  [/^has a control character \((U\+[0-9A-F]+)\)/, 'fault.control', 'char'],
  [/^has a space or a control character\b/, 'fault.space'],
  [/^has half of a character\b/, 'fault.half'],
  [/^has a character that is no text \((U\+[0-9A-F]+)\)/, 'fault.noText', 'char'],
  [/^must be 1 to (\d+) characters of /, 'fault.id', 'n'],
  [/^no such date or time\b/, 'fault.noTime'],
  [/^is more than (\d+) days ahead\b/, 'fault.ahead', 'n'],
  [/^is more than (\d+) days back\b/, 'fault.back', 'n'],
  [/^must be (?:a whole number of seconds, )?1 to (\d+)(?: seconds)?$/, 'fault.ttl', 'n'],
  [/together are (\d+) bytes with msg_id, FCM takes (\d+)$/, 'fault.size', 'n', 'max'],
  [/^key "(.*)" is reserved by FCM\b/, 'fault.reserved', 'key'],
  [/^key "(.*)" is set by pushstream\b/, 'fault.own', 'key'],
  [/^(?:key|value of) "(.*)" has a NUL character\b/, 'fault.nul', 'key'],
  [/^(?:key|value of) "(.*)" has half of a character\b/, 'fault.halfKey', 'key'],
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
      Object.fromEntries(
        names.map((name, i) => [name, name === 'n' || name === 'max' ? Number(found[i + 1]) : (found[i + 1] ?? '')]),
      ),
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
      for (const one of at === 'data' ? message.split(/, (?=key |value |has |is )/) : [message])
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
