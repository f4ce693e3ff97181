import { describe, expect, it } from 'vitest';
import { ApiError } from '../../api/error';
import { faultText, splitFaults } from './faults';

const t = (key: string, values?: Record<string, string | number>) => [key, ...Object.values(values ?? {})].join(' ');

// The messages are those of internal/push.
it.each([
  ['is required', 'fault.required'],
  ['msg_title or msg_contents is required', 'fault.text'],
  ['is longer than 128 characters', 'fault.long 128'],
  ['is longer than 4096 bytes', 'fault.longBytes 4096'],
  ['has a control character', 'fault.control'],
  ['has a space or a control character', 'fault.space'],
  ['must be 1 to 128 characters of A-Z a-z 0-9 . _ : -', 'fault.id 128'],
  ['no such date or time', 'fault.noTime'],
  ['must be 1 to 2419200 seconds', 'fault.ttl 2419200'],
  ['must be a whole number of seconds, 1 to 2419200', 'fault.ttl 2419200'],
  ['msg_title, msg_contents and data together are 5000 bytes with msg_id, FCM takes 4096', 'fault.size 5000 4096'],
  ['key "google.x" is reserved by FCM', 'fault.reserved google.x'],
  ['key "msg_id" is set by pushstream', 'fault.own msg_id'],
  ['has an empty key', 'fault.emptyKey'],
  ['key "a" is given twice', 'fault.twice a'],
  ['something new', 'something new'],
])('%s', (message, text) => expect(faultText(t, message)).toBe(text));

describe('splitFaults', () => {
  it('puts faults at their fields, each of the data by itself', () =>
    expect(
      splitFaults(
        new ApiError(422, 'the push is not valid', 'req-1', [
          { field: 'device_id', message: 'is required' },
          { field: 'data', message: 'key "from" is reserved by FCM, key "msg_id" is set by pushstream' },
          { field: 'extra', message: 'unknown field' },
          { message: 'is not valid UTF-8' },
        ]),
      ),
    ).toEqual({
      faults: [
        { field: 'device_id', message: 'is required' },
        { field: 'data', message: 'key "from" is reserved by FCM' },
        { field: 'data', message: 'key "msg_id" is set by pushstream' },
      ],
      rest: ['extra: unknown field', 'is not valid UTF-8'],
    }));
  it('has none of what is no fault of the job', () => {
    expect(splitFaults(new ApiError(503, 'away'))).toEqual({ faults: [], rest: [] });
    expect(splitFaults(null)).toEqual({ faults: [], rest: [] });
  });
});
