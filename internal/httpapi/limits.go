package httpapi

// Types of problems that name the limit that a request is over. They stay as they are:
// programs branch on them.
const (
	LimitBody     = "urn:pushstream:limit:body"     // 413: bytes of one body
	LimitJobs     = "urn:pushstream:limit:jobs"     // 413: jobs of one request
	LimitBodies   = "urn:pushstream:limit:bodies"   // 429: bodies that are held at the same time
	LimitRequests = "urn:pushstream:limit:requests" // 429: requests that are served at the same time
)

// LimitPrefix comes before the name of a limit that refused pushes (429): backlog,
// scheduled, memory.
const LimitPrefix = "urn:pushstream:limit:"
