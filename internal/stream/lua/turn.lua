-- turn: a consumer takes its turn to sweep a partition, unless another has it.
--
-- KEYS  1 sweep
-- ARGV  1 consumer  2 how long a turn is (ms)
-- Returns 1 if the turn is this consumer's, else 0.
--
-- Crash before: nobody's. Crash after: nobody sweeps until it ends. Twice: the
-- second is answered 0, and somebody takes the next one.
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
