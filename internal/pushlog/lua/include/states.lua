-- states: which states are terminal.

local terminal = { sent = true, failed = true, expired = true, cancelled = true }
