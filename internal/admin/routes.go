package admin

import (
	"cmp"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/access"
	"pushstream/internal/httpapi"
)

const (
	base = "/api/v1"
	// anyone is the permission that everybody has, logged in or not.
	anyone access.Permission = "anyone"
	// bodyTime is how long a body may take to come; maxBodies how many may be on their
	// way from one address.
	bodyTime  = 5 * time.Second
	maxBodies = 64
	// maxAbroad is how many requests wait for an identity provider at the same time.
	maxAbroad = 16
)

// route is one thing that can be asked for. What has no route is not there; a route
// without a permission is nobody's.
type route struct {
	method, path string
	may          access.Permission
	do           gin.HandlerFunc
	is           trait
}

// trait is how a route differs from one that reads, takes no parameters, and is short.
type trait int

const (
	params  trait = 1 << iota // it has parameters in its URL
	changes                   // it is a line in the log
	heavy                     // it may take long, and much of the machine
	varies                    // heavy or not, by its parameters
	stays                     // it stays open, and is counted by itself
	abroad                    // it waits for a server that is not ours
	queued                    // it waits for its turn, and takes no place meanwhile
)

// routes is the whole API.
func (a *api) routes() []route {
	return []route{
		// The log.
		{"GET", "/pushes", access.Read, a.list, params | varies},
		{"POST", "/pushes/search", access.Read, a.search, heavy},
		{"POST", "/searches", access.Read, a.keepSearch, 0},
		{"GET", "/searches/:id", access.Read, a.keptSearch, 0},
		{"GET", "/histogram", access.Read, a.histogram, params | varies},
		{"POST", "/histogram", access.Read, a.postedHistogram, heavy},
		{"GET", "/pushes/:id", access.Read, a.get, 0},
		{"POST", "/pushes/:id/reveal", access.Reveal, a.reveal, changes},
		{"POST", "/pushes/export", access.Export, a.export, changes | heavy},
		{"GET", "/counts", access.Read, a.counts, 0},
		{"GET", "/counters/minutes", access.Read, a.minutes, params},
		{"GET", "/counters/hours", access.Read, a.hours, params},
		{"GET", "/summary", access.Read, a.summary, 0},
		{"GET", "/failures", access.Read, a.failures, params | heavy},
		{"GET", "/scheduled", access.Read, a.scheduled, params},
		{"GET", "/events", access.Read, a.events, params | stays},

		// What changes pushes.
		{"POST", "/pushes", access.Send, a.send, params | changes},
		{"POST", "/pushes/:id/redrive", access.Change, a.redrive, changes},
		{"POST", "/pushes/:id/cancel", access.Change, a.cancel, changes},
		{"POST", "/pushes/:id/move", access.Change, a.move, changes},
		{"POST", "/pushes/:id/send-now", access.Change, a.sendNow, changes},
		{"POST", "/jobs", access.Change, a.startJob, changes | heavy},
		{"GET", "/jobs", access.Read, a.jobs, 0},
		{"GET", "/jobs/:id", access.Read, a.job, 0},
		{"POST", "/jobs/:id/cancel", access.Change, a.cancelJob, changes},
		{"POST", "/flushes", access.Flush, a.startFlush, changes},
		{"GET", "/flushes/current", access.Read, a.flush, 0},
		{"POST", "/flushes/current/cancel", access.Flush, a.cancelFlush, changes},

		// What sends them.
		{"GET", "/workers", access.Read, a.workers, 0},
		{"PUT", "/workers/desired", access.Control, a.desireAll, changes},
		{"PUT", "/workers/:name/desired", access.Control, a.desire, changes},
		{"GET", "/holds", access.Read, a.holds, 0},
		{"DELETE", "/holds/:project", access.Control, a.endHold, changes},
		{"GET", "/dead-tokens", access.Read, a.deadTokens, params},
		{"POST", "/dead-tokens/find", access.Read, a.findToken, 0},
		{"POST", "/dead-tokens/forget", access.Control, a.forgetTokens, changes},
		{"DELETE", "/dead-tokens/:hash", access.Control, a.forgetToken, changes},

		// Who may do it, and who did.
		{"GET", "/login", anyone, a.loginWays, 0},
		{"GET", "/oidc/start", anyone, a.startOIDC, abroad},
		{"GET", "/oidc/callback", anyone, a.finishOIDC, changes | params | abroad},
		{"POST", "/session", anyone, a.login, changes | queued},
		{"GET", "/session", access.Read, a.session, 0},
		{"DELETE", "/session", access.Self, a.logout, changes},
		{"PUT", "/session/password", access.Self, a.changePassword, changes},
		{"GET", "/session/others", access.Self, a.ownSessions, 0},
		{"DELETE", "/session/others/:id", access.Self, a.endOwnSession, changes},
		{"GET", "/sessions", access.Users, a.sessions, 0},
		{"DELETE", "/sessions/:id", access.Users, a.endSession, changes},
		{"GET", "/users", access.Users, a.users, 0},
		{"POST", "/users", access.Users, a.addUser, changes},
		{"PUT", "/users/:name/role", access.Users, a.setRole, changes},
		{"PUT", "/users/:name/disabled", access.Users, a.setDisabled, changes},
		{"PUT", "/users/:name/password", access.Users, a.setPassword, changes},
		{"GET", "/api-tokens", access.Users, a.apiTokens, 0},
		{"POST", "/api-tokens", access.Users, a.addAPIToken, changes},
		{"DELETE", "/api-tokens/:name", access.Users, a.removeAPIToken, changes},
		{"PUT", "/api-tokens/:name/owner", access.Users, a.giveAPIToken, changes},
		{"POST", "/audit/search", access.Audit, a.auditPage, heavy},
		{"POST", "/audit/export", access.Audit, a.auditExport, changes | heavy},
		{"GET", "/settings", access.Settings, a.settings, 0},
	}
}

func (a *api) router() *gin.Engine {
	r := httpapi.New(a.Logger, maxBody, a.Requests)
	short, away := httpapi.Admit(cmp.Or(a.MaxRequests, 256)), httpapi.Admit(maxAbroad)
	received, origin := httpapi.Receive(bodyTime, maxBodies), sameOrigin()
	for _, one := range a.routes() {
		chain := gin.HandlersChain{}
		if one.is&changes != 0 {
			chain = append(chain, a.journaled)
		}
		chain = append(chain, origin, received)
		switch {
		case one.is&(stays|queued) != 0:
		case one.is&abroad != 0:
			chain = append(chain, away)
		default:
			chain = append(chain, short)
		}
		chain = append(chain, a.allow(one.may))
		switch {
		case one.is&heavy != 0:
			chain = append(chain, a.fairly)
		case one.is&varies != 0:
			chain = append(chain, a.weighed)
		}
		if one.is&params == 0 {
			chain = append(chain, noQuery)
		}
		r.Handle(one.method, base+one.path, append(chain, one.do)...)
	}
	a.Requests.Watch(r)
	return r
}
