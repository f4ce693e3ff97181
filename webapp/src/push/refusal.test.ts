import { expect, it } from 'vitest';
import { ApiError } from '../api/error';
import { refusalOf } from './refusal';

// The words are those of internal/admin: Explain and answerMove.
it.each([
  [409, 'too late: some consumer may be sending it', 'in_hand'],
  [409, 'it has not ended: queued', 'queued'],
  [409, "it can't be sent: it never was a job that could be read", 'unsendable'],
  [409, 'it was sent already', 'sent'],
  [409, 'it has ended already: cancelled', 'cancelled'],
  [409, 'its time was decided by its last try: retrying', 'retrying'],
  [409, 'it does not wait any more: queued', 'queued'],
  [409, 'it does not wait any more: in_hand', 'in_hand'],
  [409, 'something new', null],
  [404, 'no such push', 'missing'],
  [503, 'the store does not answer; try again', null],
])('%i %s is %s', (status, message, refusal) => expect(refusalOf(new ApiError(status, message))).toBe(refusal));

it('is nothing if there was no answer', () => {
  expect(refusalOf(new ApiError(0, 'network'))).toBeNull();
  expect(refusalOf(new Error('it was sent already'))).toBeNull();
});
