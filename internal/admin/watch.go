package admin

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"pushstream/internal/access"
)

// recheck is how often a long answer asks whether it may go on.
const recheck = 2 * time.Second

// errWithdrawn is why a long answer ends whose asker may not have it any more.
var errWithdrawn = errors.New("the session has ended, or the permission was taken away")

// withdrawn reports whether a long answer has ended for that.
func withdrawn(ctx context.Context) bool { return errors.Is(context.Cause(ctx), errWithdrawn) }

// watched is long for an answer that needs permissions as long as it lasts: it ends
// within some seconds after its session, its user or token, or one of them is gone. It
// is no use of its session. If Redis does not say, it goes on.
func (a *api) watched(c *gin.Context, limit time.Duration, may ...access.Permission) (context.Context, context.CancelFunc) {
	ctx, ended := a.long(c, limit)
	ctx, cancel := context.WithCancelCause(ctx)
	who, secret := whoIs(c), bearer(c)
	ask := func() (access.Actor, error) {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		if who.Kind == access.KindToken {
			return a.Access.Token(ctx, secret)
		}
		return a.Access.Still(ctx, who)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		every := time.NewTicker(a.recheck)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
			}
			actor, err := ask()
			gone := errors.Is(err, access.ErrNoSession) || errors.Is(err, access.ErrNoToken)
			if gone || err == nil && slices.ContainsFunc(may, func(p access.Permission) bool { return !actor.May(p) }) {
				cancel(errWithdrawn)
				return
			}
		}
	}()
	return ctx, func() {
		cancel(nil)
		ended()
		<-done
	}
}
