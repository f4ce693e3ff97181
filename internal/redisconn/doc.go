// Package redisconn opens connections to Redis or Valkey, and checks that the server is
// fit: its version, its memory policy, and whether writes outlive a restart.
package redisconn
