-- accepted: the clock of accepted_at.
-- include: time

-- clock is when a push is accepted: by Redis's clock; or the time of the newest push, if
-- that is later; or the millisecond after what is sealed. So accepted_at never goes
-- backwards within a partition, and nothing is ever accepted among what is sealed.
--
-- While Redis's clock is behind the newest push, since it was set back, a millisecond
-- takes about a hundred pushes: a chunk can't end within one. Nothing but accepted_at and
-- the indexes goes by this clock: what is due or expires goes by wall.
local function clock(K)
  local now = wall()
  local newest = redis.call('ZRANGE', K .. ':index', 0, 0, 'REV', 'WITHSCORES')[2]
  local sealed = redis.call('HGET', K .. ':sealed', 'until_ms')
  if newest and tonumber(newest) > now then
    now = tonumber(newest)
    if redis.call('ZCOUNT', K .. ':index', newest, newest) >= 100 then now = now + 1 end
  end
  if sealed and tonumber(sealed) >= now then now = tonumber(sealed) + 1 end
  return now
end
