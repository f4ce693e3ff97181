-- settle: in-flight pushes reach a terminal state.
--
-- KEYS  jobs, urgent, events
-- ARGV  K, group, consumer (its name), events_cap (entries), unassigned (name of the consumer
--       that no process has)
-- EACH  lane (1 jobs, 2 urgent), entry (of a lane in ascending order), id, accepted_ms, code (or
--       ''), try (number of this try, or ''), line (of this try, or ''), status (sent, failed,
--       expired), attempts, deliveries, result, sent_at (fcm_send_time)
-- include: outcome
-- Returns for each push: 1 settled, 0 not this consumer's any more.
--
-- An entry that is pending for this consumer, or ownerless (see include/pending.lua), is
-- settled. The late answer of a consumer that lost the entry is noted in the record as
-- late.<consumer> and changes nothing else.
--
-- Crash before: the entry stays pending, and is delivered again. Crash after:
-- settled. Twice: the second finds the entry gone and its own try in the
-- record, and does nothing.
return finish(K, group, consumer, unassigned, events, events_cap, first, step, function(i, record, before)
  local status, code, try = ARGV[i + STATUS], ARGV[i + CODE], ARGV[i + TRY]
  local hash = { 'status', status, 'attempts', ARGV[i + ATTEMPTS], 'deliveries', ARGV[i + DELIVERIES], 'consumer', consumer,
    'result', ARGV[i + RESULT], 'fcm_send_yn', status == 'sent' and 'Y' or 'N', 'fcm_send_time', ARGV[i + SENT_AT] }
  if try ~= '' then hash[15], hash[16] = 'try.' .. try, ARGV[i + LINE] end
  local after = before -- of an earlier try
  if code ~= '' or status == 'sent' and before then
    hash[#hash + 1] = 'error_code'
    hash[#hash + 1] = code
    after = code
  end
  redis.call('HSET', record, unpack(hash))
  return status, after
end)
