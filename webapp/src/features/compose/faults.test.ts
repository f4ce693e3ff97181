import { describe, expect, it } from 'vitest';
import { ApiError } from '../../api/error';
import { faultText, splitFaults } from './faults';

const t = (key: string, values?: Record<string, string | number>) => [key, ...Object.values(values ?? {})].join(' ');

// The messages are those of internal/push.
it.each([
  ['is required', 'fault.required'],
  ['msg_title or msg_contents is required, with something that can be seen', 'fault.text'],
  ['is longer than 128 characters', 'fault.long 128'],
  ['is longer than 4096 bytes', 'fault.longBytes 4096'],
  ['has a control character (U+0000): remove it', 'fault.control U+0000'],
  ['has a space or a control character: hand it in as the app got it', 'fault.space'],
  ['has half of a character, as an emoji that was cut leaves it: cut texts between characters', 'fault.half'],
  ['has a character that is no text (U+FFFE): check the encoding', 'fault.noText U+FFFE'],
  ['must be 1 to 128 characters of A-Z a-z 0-9 . _ : -', 'fault.id 128'],
  ['no such date or time: check the day of the month', 'fault.noTime'],
  ['is more than 366 days ahead: check the year', 'fault.ahead 366'],
  ['is more than 366 days back: check the year, or leave it empty to send at once', 'fault.back 366'],
  ['must be 1 to 2419200 seconds', 'fault.ttl 2419200'],
  ['must be a whole number of seconds, 1 to 2419200', 'fault.ttl 2419200'],
  ['msg_title, msg_contents and data together are 5000 bytes with msg_id, FCM takes 4096', 'fault.size 5000 4096'],
  ['key "google.x" is reserved by FCM: use another name', 'fault.reserved google.x'],
  ['key "msg_id" is set by pushstream: use another name', 'fault.own msg_id'],
  ['value of "k" has a NUL character: remove it', 'fault.nul k'],
  ['value of "k" has half of a character, as an emoji that was cut leaves it: cut', 'fault.halfKey k'],
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
          {
            field: 'data',
            message: 'key "from" is reserved by FCM: use another name, value of "a" has a NUL character: remove it',
          },
          { field: 'extra', message: 'unknown field' },
          { message: 'is not valid UTF-8' },
        ]),
      ),
    ).toEqual({
      faults: [
        { field: 'device_id', message: 'is required' },
        { field: 'data', message: 'key "from" is reserved by FCM: use another name' },
        { field: 'data', message: 'value of "a" has a NUL character: remove it' },
      ],
      rest: ['extra: unknown field', 'is not valid UTF-8'],
    }));
  it('has none of what is no fault of the job', () => {
    expect(splitFaults(new ApiError(503, 'away'))).toEqual({ faults: [], rest: [] });
    expect(splitFaults(null)).toEqual({ faults: [], rest: [] });
  });
});
