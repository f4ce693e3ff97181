-- states: what follows from a push's state. Go writes the table: see lua.go.

-- terminal[status]: nothing more happens to the push by itself.
local terminal = { --[[terminal]] }
