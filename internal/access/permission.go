package access

import "slices"

// Permission is a kind of thing that one may be allowed to do.
type Permission string

// All permissions.
const (
	Read     Permission = "read"     // pages, counts, live events; personal data masked
	Export   Permission = "export"   // files, masked as the pages are
	Change   Permission = "change"   // redrive, cancel, move
	Send     Permission = "send"     // a test push
	Control  Permission = "control"  // workers, holds, dead tokens
	Reveal   Permission = "reveal"   // personal data of one record, with a reason
	Flush    Permission = "flush"    // of the log
	Users    Permission = "users"    // users, their sessions, API tokens
	Audit    Permission = "audit"    // to read the audit log
	Settings Permission = "settings" // to read what is set
	Self     Permission = "self"     // one's own sessions and password
	Submit   Permission = "submit"   // of a token: to hand in pushes at a producer; nothing at the admin's API
)

// Permissions returns all permissions of the admin's API.
func Permissions() []Permission {
	return []Permission{Read, Export, Change, Send, Control, Reveal, Flush, Users, Audit, Settings, Self}
}

// Scopes returns what a machine may be allowed: nothing by which it could let others
// in, and nothing that a person must answer for.
func Scopes() []Permission {
	return []Permission{Read, Export, Change, Send, Control, Audit, Settings, Submit}
}

// Role is what a user is allowed together. Reveal is in none: it is a grant of its
// own.
type Role string

// The roles, each with all that the one before has.
const (
	Viewer   Role = "viewer"
	Operator Role = "operator"
	Admin    Role = "admin"
)

// Roles returns all roles.
func Roles() []Role { return []Role{Viewer, Operator, Admin} }

// Permissions returns what the role allows; of one that there isn't, nothing.
func (r Role) Permissions() []Permission {
	switch r {
	case Viewer:
		return []Permission{Read, Self}
	case Operator:
		return append(Viewer.Permissions(), Export, Change, Send, Control)
	case Admin:
		return append(Operator.Permissions(), Flush, Users, Audit, Settings)
	}
	return nil
}

// Kind is what somebody who acts is.
type Kind string

// Who may act over HTTP.
const (
	KindUser  Kind = "user"
	KindToken Kind = "token"
)

// Actor is somebody who acts. The zero Actor may do nothing.
type Actor struct {
	Kind        Kind         `json:"kind"`
	Name        string       `json:"name"`
	Role        Role         `json:"role,omitempty"`    // of a user
	Session     string       `json:"session,omitempty"` // of a user; its public id
	Permissions []Permission `json:"permissions"`
}

// May reports whether the actor is allowed something.
func (a Actor) May(p Permission) bool { return slices.Contains(a.Permissions, p) }

// userActor is a user in a session.
func userActor(name string, role Role, reveal bool, session string) Actor {
	a := Actor{Kind: KindUser, Name: name, Role: role, Session: session, Permissions: role.Permissions()}
	if reveal && a.Permissions != nil {
		a.Permissions = append(a.Permissions, Reveal)
	}
	return a
}
