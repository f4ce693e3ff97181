-- devices: browsers in which a user has logged in. K is what all keys start with:
-- push:{access}.

-- forget_devices: no browser is known any more as one where a user logged in.
local function forget_devices(K, name) redis.call('DEL', K .. ':devices:' .. name) end
