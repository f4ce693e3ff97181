package admin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"pushstream/internal/access"
	"pushstream/internal/httpapi"
)

// The name of the cookie by which a browser is known as one where a user logged in
// before: strangers' failures don't keep the user out there. It opens nothing. Whoever
// fails to log in gets none, so it tells nothing of who exists.
//
// https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
const (
	plainDevice  = "pushstream-device"
	secureDevice = "__Host-pushstream-device"
	deviceLife   = 90 * 24 * time.Hour
	maxDevice    = 512 // bytes
	deviceSep    = "."
)

func deviceName(c *gin.Context) string {
	if httpapi.Encrypted(c) {
		return secureDevice
	}
	return plainDevice
}

// devices are the secrets that a browser shows: one of each user who logged in there.
func devices(c *gin.Context) []string {
	found, err := c.Request.Cookie(deviceName(c))
	if err != nil || found.Value == "" || len(found.Value) > maxDevice {
		return nil
	}
	return strings.Split(found.Value, deviceSep)
}

// remember has the browser be known from now on as one where the user of a session that
// has just begun logged in. Without it the login is as good.
func (a *api) remember(ctx context.Context, c *gin.Context, session access.Session) {
	secrets, err := a.Access.Remember(ctx, session, from(c))
	if err != nil {
		a.Logger.Warn("a browser could not be remembered; its user is throttled as a stranger", zap.String("request_id", httpapi.RequestID(c)), zap.Error(err))
	}
	if len(secrets) == 0 {
		return
	}
	http.SetCookie(c.Writer, &http.Cookie{Name: deviceName(c), Value: strings.Join(secrets, deviceSep), Path: "/", HttpOnly: true,
		Secure: httpapi.Encrypted(c), SameSite: http.SameSiteStrictMode, MaxAge: int(deviceLife.Seconds())})
}
