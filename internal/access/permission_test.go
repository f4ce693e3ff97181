package access

import (
	"slices"
	"testing"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	for role, want := range map[Role][]Permission{
		Viewer:   {Read, Self},
		Operator: {Read, Self, Export, Change, Send, Control},
		Admin:    {Read, Self, Export, Change, Send, Control, Flush, Users, Audit, Settings},
		"":       nil,
		"root":   nil,
	} {
		for _, reveal := range []bool{false, true} {
			a := userActor("a", role, reveal, "s")
			for _, p := range append(Permissions(), "", "everything") {
				may := slices.Contains(want, p) || reveal && p == Reveal && want != nil
				if a.May(p) != may {
					t.Errorf("%q with reveal %v may %s: %v", role, reveal, p, !may)
				}
			}
		}
	}
}

func TestNobodyMayNothing(t *testing.T) {
	t.Parallel()
	for _, p := range append(Permissions(), "") {
		if (Actor{Kind: KindUser, Name: "a", Role: Admin}).May(p) {
			t.Errorf("an actor without permissions may %s", p)
		}
	}
}

func TestMachinesLetNobodyIn(t *testing.T) {
	t.Parallel()
	for _, p := range []Permission{Users, Self, Reveal, Flush} {
		if slices.Contains(Scopes(), p) {
			t.Errorf("%s is a scope", p)
		}
	}
}
