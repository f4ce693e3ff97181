-- retry: in-flight pushes go back to wait for their next try.
--
-- KEYS  jobs, urgent, events, due
-- ARGV  K, group, consumer (its name), events_cap (entries), unassigned (name of the consumer
--       that no process has)
-- EACH  lane (1 jobs, 2 urgent), entry (of a lane in ascending order), id, accepted_ms, code, try
--       (number of this try, or ''), line (of this try, or ''), due_ms, attempts, deliveries,
--       result, retry_until (or ''), drop (number of an old try that makes room, or ''), refused
--       (how often and when, or ''), now_ms (what Redis's clock says if it was not set since
--       due_ms was found; '' if unknown)
-- include: outcome
-- Returns for each push: 1 waiting, 0 not this consumer's any more (noted as in settle).
--
-- If Redis's clock was set, the due time is moved, too: the wait keeps its length. The push
-- is in the due set, not on the stream, where one old entry would keep a whole node of a
-- hundred alive.
--
-- Crash before: the entry stays pending, and is delivered again. Crash after:
-- waiting. Twice: the second finds the entry gone and its own try in the
-- record, and does nothing.
return finish(K, group, consumer, unassigned, events, events_cap, first, step, function(i, record, _, now)
  local due_at, by, code = ARGV[i + DUE_MS], tonumber(ARGV[i + NOW_MS]), ARGV[i + CODE]
  redis.call('HSET', record, 'status', 'retrying', 'entry', '', 'attempts', ARGV[i + ATTEMPTS], 'deliveries', ARGV[i + DELIVERIES],
    'consumer', consumer, 'result', ARGV[i + RESULT], 'error_code', code)
  if ARGV[i + TRY] ~= '' then redis.call('HSET', record, 'try.' .. ARGV[i + TRY], ARGV[i + LINE]) end
  if ARGV[i + REFUSED] ~= '' then redis.call('HSET', record, 'refused', ARGV[i + REFUSED]) end
  if ARGV[i + RETRY_UNTIL] ~= '' then redis.call('HSET', record, 'retry_until', ARGV[i + RETRY_UNTIL]) end
  if ARGV[i + DROP] ~= '' then redis.call('HDEL', record, 'try.' .. ARGV[i + DROP]) end
  if by and math.abs(now - by) > 1000 then due_at = string.format('%.0f', due_at + now - by) end
  redis.call('ZADD', due, due_at, ARGV[i + ID])
  return 'retrying', code
end)
