package main

import "pushstream/internal/setting"

// cli is the command line of the admin. Each command is a file, named as here, with its
// flags, their checks, its entry in the audit log, and what it does: see command.go.
type cli struct {
	setting.Common
	Serve  serve `cmd:"" help:"Serve the dashboard, and the API under /api/v1."`
	Worker struct {
		List   workerList   `cmd:"" help:"List the workers: state, desired state, pushes in flight, last error."`
		Pause  workerPause  `cmd:"" help:"Pause a worker, or all workers, until they are resumed. Pushes in flight finish."`
		Resume workerResume `cmd:"" help:"End a pause. A worker runs only if neither the worker nor all workers are paused."`
	} `cmd:"" help:"List, pause and resume workers: the consumers that send."`
	Push struct {
		Redrive pushRedrive `cmd:"" help:"Queue failed, expired or cancelled pushes once more, each with its whole ttl."`
		Cancel  pushCancel  `cmd:"" help:"Cancel scheduled, queued or retrying pushes that are not in flight."`
		Show    pushShow    `cmd:"" help:"Print the record of a push as JSON, all fields as Redis has them; also of a packed one, which HGETALL does not show."`
	} `cmd:"" help:"Show one push; redrive or cancel pushes, by id or all that a selection matches."`
	Log struct {
		Export logExport `cmd:"" help:"Write the log, or the pushes that a filter matches, as CSV or NDJSON."`
		Flush  logFlush  `cmd:"" help:"Remove ended pushes from the log for good: all, or those that a filter matches. The consumers do it."`
	} `cmd:"" help:"Export or flush the push log."`
	Job struct {
		List   jobList   `cmd:"" help:"List the jobs, newest first: redrives, cancels and removals of all that a filter matches."`
		Show   jobShow   `cmd:"" help:"Print a job as JSON: what it selects, how far it is, what became of the pushes."`
		Cancel jobCancel `cmd:"" help:"End a job. What it has changed stays changed."`
	} `cmd:"" help:"List, show and cancel jobs, which consumers and admins do in the background."`
	Hold struct {
		List holdList `cmd:"" help:"List the holds: reason, end, and what to do about it."`
		End  holdEnd  `cmd:"" help:"End a hold by hand. Sending starts slowly; if the cause is still there, the hold comes back."`
	} `cmd:"" help:"List and end holds: what stops all sending to a Firebase project."`
	Project struct {
		Show projectShow `cmd:"" help:"Print the FCM project that this store sends to."`
		Set  projectSet  `cmd:"" help:"Change the FCM project that this store sends to. Consumers of the project before stop within a second, and refuse to start."`
	} `cmd:"" help:"Show or change the FCM project that this store sends to. The first consumer notes its own."`
	Token struct {
		List   tokenList   `cmd:"" help:"List the suppressed device tokens, newest first."`
		Forget tokenForget `cmd:"" help:"Take a device token off the list, or all that a code or a time selects: pushes to it are sent again."`
	} `cmd:"" help:"List and forget suppressed device tokens: FCM reported them as invalid, and pushes to them fail at once."`
	Key struct {
		Add      keyAdd      `cmd:"" help:"Make an API token with the scope submit: admin apitoken add NAME --scope submit."`
		List     keyList     `cmd:"" help:"List the API tokens with the scope submit, with tabs between the columns: admin apitoken list."`
		Remove   keyRemove   `cmd:"" help:"Remove an API token with the scope submit: admin apitoken remove."`
		Transfer keyTransfer `cmd:"" help:"Give an API token with the scope submit another owner: admin apitoken transfer."`
	} `cmd:"" hidden:"" help:"Former names of admin apitoken, for tokens with the scope submit."`
	User struct {
		Add     userAdd     `cmd:"" help:"Add a user. Reads the password twice; without a terminal, one line of standard input."`
		List    userList    `cmd:"" help:"List the users by name."`
		Role    userRole    `cmd:"" help:"Change the role of a user. The new role applies at once."`
		Disable userDisable `cmd:"" help:"Disable a user, and end all sessions of the user at once."`
		Enable  userEnable  `cmd:"" help:"Enable a disabled user."`
		Passwd  userPasswd  `cmd:"" help:"Change the password of a user, read as by add, and end all sessions of the user at once."`
	} `cmd:"" help:"Manage users. Roles: viewer (reads, masked), operator (also export, redrive, cancel, send, pause), admin (also flush, users, API tokens, audit)."`
	Session struct {
		List sessionList `cmd:"" help:"List the sessions, last used first."`
		End  sessionEnd  `cmd:"" help:"End one session, or all sessions of a user."`
	} `cmd:"" help:"List and end sessions of the dashboard."`
	APIToken struct {
		Add      apiTokenAdd      `cmd:"" help:"Create an API token, and print its secret once."`
		List     apiTokenList     `cmd:"" help:"List the tokens by name; expired ones for another 30 days."`
		Remove   apiTokenRemove   `cmd:"" help:"Remove a token. It stops working at once."`
		Transfer apiTokenTransfer `cmd:"" help:"Give a token another owner. A token stops when its owner is disabled, and has at most the rights of its owner."`
		Convert  apiTokenConvert  `cmd:"" help:"Make tokens with the scope submit of producer keys, which versions before had. Their secrets stay the same."`
	} `cmd:"" name:"apitoken" help:"Manage API tokens: secrets of programs that hand in pushes (scope submit) or use the admin's API."`
	Audit struct {
		List   auditList   `cmd:"" help:"List entries of the audit log, newest first."`
		Export auditExport `cmd:"" help:"Write the audit log, or the entries that a filter matches, as CSV or NDJSON."`
	} `cmd:"" help:"List or export the audit log."`
}
