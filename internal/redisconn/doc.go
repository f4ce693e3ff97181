// Package redisconn opens connections to Redis or Valkey and makes sure that
// the server is one that pushstream may trust its work to.
package redisconn
